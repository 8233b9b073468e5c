"""Documentation and examples: every command in them is run."""
