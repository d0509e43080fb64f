"""Helpers that several use cases need: audit, heartbeats, rate limit, API keys, batches."""
