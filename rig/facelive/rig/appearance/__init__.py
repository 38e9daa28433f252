"""How a character's surfaces look: painters of skin, lips, brows, beard, wrinkles, eyes and strands."""
