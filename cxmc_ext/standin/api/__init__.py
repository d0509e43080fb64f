"""The HTTP API of the stand-in, one file per group of MailChimp's endpoints."""
