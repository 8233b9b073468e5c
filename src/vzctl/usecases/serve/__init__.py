"""`vzctl serve`: what the credential service answers, and how it is configured and checked."""
