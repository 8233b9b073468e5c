"""What SIGKILL, a full disk, ^C and other processes leave behind, and that the next command goes on from there."""
