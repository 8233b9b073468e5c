"""`vzctl databases`: a file for each verb, and what they share."""
