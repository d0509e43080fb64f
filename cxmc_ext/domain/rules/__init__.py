"""Rules: pure functions on values."""
