"""The feed-forward encoder: an aligned crop in, the character's parameters out."""
