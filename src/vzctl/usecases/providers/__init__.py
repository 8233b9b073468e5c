"""`vzctl providers`: a file for each verb."""
