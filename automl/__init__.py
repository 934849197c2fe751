"""A plugin-based AutoML engine: from a table and a column to predict to a model that can be trusted and shipped."""

__version__ = "0.1.0"
