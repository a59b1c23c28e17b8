"""Bokeh documents and what surrounds them."""
