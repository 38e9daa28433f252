"""Figures: how well an encoder sees, measured on people it has never seen."""
