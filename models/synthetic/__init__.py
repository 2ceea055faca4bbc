"""Drawn places: plans of compounds and their look-alikes, painted as a satellite sees them."""
