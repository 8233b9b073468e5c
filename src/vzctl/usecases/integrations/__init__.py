"""`vzctl integrations`: a file for each verb, and what they share."""
