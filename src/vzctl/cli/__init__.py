"""What the user types: each command parses its arguments, calls one use case and shows its outcome."""
