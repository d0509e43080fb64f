"""Redis clients, the limit of concurrent calls per account, and the check that a Redis is usable."""
