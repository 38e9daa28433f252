"""Baking the built-in head from MakeHuman's CC0 data. Nothing here runs for a user; see ``__main__``."""
