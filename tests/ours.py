"""The organisation that every database has from its first migration on."""

OURS = 1
