"""What MailChimp does behind its API: members, sending, engagement, webhooks."""
