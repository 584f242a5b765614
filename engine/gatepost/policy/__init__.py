"""Policies: their model, loading and checking."""
