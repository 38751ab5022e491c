"""Contactors: mains to the car; only the guardian makes them."""
