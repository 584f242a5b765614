"""Helpers of the collector of Great Expectations."""
