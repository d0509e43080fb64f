"""Planned failures: which call fails, how, and how often."""
