"""Measurements of the product next to a reference, against an API that serves prerendered pages."""
