"""What was done, with what, and how it ended."""
