"""From columns to matrices, learned on training rows only."""
