"""The controller inside a charge point."""
