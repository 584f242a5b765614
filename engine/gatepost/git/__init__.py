"""The only place that runs git: commands, revisions, and the repository as it is at a ref."""
