"""`vzctl map`."""
