"""The rules: pure functions that read no clock, database or network."""
