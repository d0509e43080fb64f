"""The MailChimp port over HTTP: one requests session per account, one file per group of endpoints."""
