"""`vzctl scope`: list, change, and check."""
