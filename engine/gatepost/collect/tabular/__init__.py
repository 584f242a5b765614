"""Tables at any size: where they lie, their columns by role, and what an engine sums up for groups of their rows."""
