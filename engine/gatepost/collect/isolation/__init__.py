"""The child process that does what must not happen in the process of the gate."""
