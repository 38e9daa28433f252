"""What a person starts: the command line and the page. Nothing heavy is imported here."""
