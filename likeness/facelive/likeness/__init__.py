"""Between a photo and a face: alignment, the torch twin of the head, imitator, losses, fit and refine. Needs torch."""
