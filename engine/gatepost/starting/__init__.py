"""A first configuration for a project, from what lies in its folder."""
