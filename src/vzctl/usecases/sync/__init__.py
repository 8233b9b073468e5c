"""`vzctl sync`: observe, compare, record."""
