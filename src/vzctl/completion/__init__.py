"""Shell completion: scripts, and an engine that loads neither Typer nor pydantic."""
