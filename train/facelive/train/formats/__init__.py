"""File formats of the community implementation (huailiang/face-nn), for game engines. See docs/formats.md."""
