"""What providers offer, and the checks of a service against it."""
