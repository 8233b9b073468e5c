"""Secret stores: where the bytes of a secret version live."""
