"""Hostile inputs by the thousand: saved models and tables, mutated at random by a seed, and what became of each."""
