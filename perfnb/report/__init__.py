"""Notebooks as pages of their own."""
