"""What an rq worker does: step tables, running an operation, wake-ups and the tick."""
