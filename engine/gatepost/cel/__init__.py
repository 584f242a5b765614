"""CEL: syntax, types, the check at load, and the engines behind one interface."""
