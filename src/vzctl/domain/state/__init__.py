"""The state of one organization: its records, the rules for them, and what can be wrong with them."""
