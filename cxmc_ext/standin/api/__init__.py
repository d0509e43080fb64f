"""MailChimp's Marketing API as far as the client uses it; one module per group of endpoints."""
