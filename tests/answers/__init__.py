"""Answers of Astra and of a Data API."""
