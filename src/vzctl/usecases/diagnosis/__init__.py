"""`vzctl diagnose` and `vzctl explain`."""
