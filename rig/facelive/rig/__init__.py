"""What the parameters of a character mean and how its head looks."""
