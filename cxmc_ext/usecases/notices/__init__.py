"""Tells the Host's own code what happened, and lets it read the stored events."""
