"""What every operation has in common: request, context of its steps, signals, outcomes."""
