"""Whose parameters a stream carries: the built-in head's, or those of a user's own character."""

from __future__ import annotations

from pathlib import Path

from facelive.rig.bodiless import bodiless_head
from facelive.rig.head import Head
from facelive.rig.schema import Schema


def character_head(schema: Path | None) -> Head:
    """None: the built-in head. A schema file: that character, of whose shape nothing is known here.

    Raises FileError and SchemaError for files that are no schema.
    """
    if schema is None:
        return Head.default()
    own = Schema.load(schema)
    return Head.default() if own.hash == Head.default().schema.hash else bodiless_head(own)
