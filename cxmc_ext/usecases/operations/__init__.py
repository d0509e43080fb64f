"""What all operations share: requests, transitions, the context of a step, signals, outcomes."""
