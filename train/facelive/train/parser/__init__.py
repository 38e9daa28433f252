"""The face parser: labels, training, IoU."""
