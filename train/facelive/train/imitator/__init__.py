"""Training and measuring imitators (``facelive.likeness.imitator``)."""
