"""`vzctl collections`: a file for each verb, and what they share."""
