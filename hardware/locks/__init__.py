"""Locks of detachable cables."""
