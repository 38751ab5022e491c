"""Bollard: the command, and what both sides of the wire share."""
