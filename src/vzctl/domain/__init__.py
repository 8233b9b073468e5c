"""What is allowed: pure rules over frozen values. Standard library only, no I/O, no clock."""
