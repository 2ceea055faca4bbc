"""What people decided about what was found, and how a browser asks them."""
