"""Queries: a connection and plain values in, domain values out; no rules here."""
