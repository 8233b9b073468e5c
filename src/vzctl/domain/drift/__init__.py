"""What was observed against what is recorded, by kind of record, and the state that follows."""
