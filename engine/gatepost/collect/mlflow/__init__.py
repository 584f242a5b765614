"""Helpers of the collector of MLflow."""
