"""Geometry without drawing."""
