"""Tests of the installed command, named after what a user does."""
