"""Ports to the world of mains and cards, their drivers, and one simulated world; imports nothing of ours."""
