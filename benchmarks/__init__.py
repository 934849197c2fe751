"""Tables, systems side by side, and what their results say. Nothing here imports the engine: it is run as a command."""
