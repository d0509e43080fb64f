"""Our tables, their migrations, and every query on them."""
