"""Recognition features to a likeness: the network that reads sliders, styles and colours from dlib's features."""
