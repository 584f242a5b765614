"""JSON Schemas of the files that policy authors write."""
