"""Inviting back people who opted out."""
