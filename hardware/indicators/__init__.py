"""LEDs, buzzers and displays."""
