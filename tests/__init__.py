"""The tests of vzctl; `tests/support` is what they share."""
