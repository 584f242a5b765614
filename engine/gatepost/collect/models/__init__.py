"""Models as collectors use them: found, scanned, loaded, and asked for predictions."""
