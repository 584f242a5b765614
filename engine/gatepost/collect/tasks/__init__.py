"""How well a model does its task, one module a task: metrics by group, and what else can be told."""
