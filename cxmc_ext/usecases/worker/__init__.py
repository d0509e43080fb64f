"""What an rq worker does: running operations by their step tables, handling nudges, the tick."""
