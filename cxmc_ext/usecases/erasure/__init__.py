"""Erasing a person: the request and its steps."""
