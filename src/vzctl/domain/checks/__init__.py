"""What can be wrong with a state, and how two states differ or merge."""
