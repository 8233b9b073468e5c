"""Tests of the command line: argv to request, outcome to exit status."""
