"""What MailChimp does behind its API: membership, sending, reports, segments, webhooks."""
