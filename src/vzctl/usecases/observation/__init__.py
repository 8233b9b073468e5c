"""What Astra, a Data API, and the databases say, as one observation."""
