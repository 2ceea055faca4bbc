"""Judges of pixels: nets, their cards, their training and their streaming inference."""
