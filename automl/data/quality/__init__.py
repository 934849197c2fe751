"""What is remarkable, wrong or dangerous about a table, and what can be done about it."""
