"""`vzctl collections`: a file for each verb, and what they share; `list`, `show`, and `forget` are in `dependents/`."""
