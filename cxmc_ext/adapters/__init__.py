"""Implementations of the ports: MailChimp over HTTP, rq, Redis, encryption; and JSON logs."""
