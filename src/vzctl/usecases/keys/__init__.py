"""What commands that handle keys share: whether one may be taken, where it is stored, how it is deleted."""
