"""What happens: read, decide, write, report. No printing, no argument parsing."""
