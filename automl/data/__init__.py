"""From a file to a `Dataset`: reading, roles, cleaning, splitting."""
