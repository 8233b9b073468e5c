"""Tests of the rules: pure, table-driven and property tests."""
