"""The credential service that a self-hosted Data API asks: HTTP in front of the use cases."""
