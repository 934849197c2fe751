"""Portfolios learned from evidence: measure configurations on many tables, then choose the order that loses least."""
