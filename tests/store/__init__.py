"""Tests of the state file and of what guards it."""
