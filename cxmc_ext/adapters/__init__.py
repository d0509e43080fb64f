"""The outside world behind the ports: HTTP, MailChimp, the queue, secrets."""
