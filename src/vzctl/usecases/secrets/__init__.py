"""`vzctl secrets`: a file for each verb, and how secrets are written and deleted."""
