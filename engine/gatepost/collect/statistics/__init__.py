"""The statistics of measured evidence: intervals, tests, and adjustments for many comparisons."""
