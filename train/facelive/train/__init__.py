"""Data sets, recipes, training loops, quantisation and evaluation. Needs the extra ``train`` (torch)."""
