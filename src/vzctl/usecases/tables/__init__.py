"""`vzctl tables`: a file for each verb, and what they share."""
