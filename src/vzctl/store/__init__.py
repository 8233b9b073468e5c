"""The state file and what guards it: lock, atomic write, schema, backups, audit."""
