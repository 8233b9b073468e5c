"""Tests of the secret stores."""
