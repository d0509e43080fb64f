"""Addresses without a login: webhook and metrics, each with its own secret."""
