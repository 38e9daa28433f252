"""File formats of the community implementation (huailiang/face-nn) that game engines read and write; docs/formats.md."""
