"""What the charge point decides, as pure functions of state and event; standard library only."""
