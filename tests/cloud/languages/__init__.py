"""Sentences, numbers and documents in other languages."""
