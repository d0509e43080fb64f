"""One MailChimp account: activation, connection, templates and sender domains, its API key."""
