"""What in a text is a secret, and whether a text gives one away."""
