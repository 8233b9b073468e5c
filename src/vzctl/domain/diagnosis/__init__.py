"""Whose fault an error is: any text a person can paste is read, and one table of rules decides."""
