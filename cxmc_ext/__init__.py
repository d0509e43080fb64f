"""MailChimp campaigns inside any Flask CRM."""
