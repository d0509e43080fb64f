"""The product's own tables and every SQL statement on them."""
