"""`vzctl revocations`: a file for each verb, and what they share."""
