"""What the control pilot offers the car."""
