"""What to try next, and running it."""
