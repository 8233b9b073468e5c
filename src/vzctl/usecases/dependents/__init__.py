"""What collections and table columns have in common."""
