"""What many dates of one place say: measures, usable looks, steps, brackets, a story."""
