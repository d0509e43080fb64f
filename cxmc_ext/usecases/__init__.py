"""What the product does: plain functions f(services, …)."""
