"""The state of the vehicle as the control pilot or a plug contact shows it."""
