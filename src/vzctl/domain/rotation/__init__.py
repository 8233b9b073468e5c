"""Rotations of keys: the state machine, manual steps, and what must not be lost of old keys."""
