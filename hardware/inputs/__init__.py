"""Trip inputs; only the guardian makes them."""
