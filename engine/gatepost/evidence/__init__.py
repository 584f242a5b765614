"""The evidence document: its JSON Schema, its digest, and where its facts stand in files."""
