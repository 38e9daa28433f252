"""Which rig an imitator is for: the built-in head, or a user's own schema."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facelive.rig.head import Head
from facelive.rig.schema import Schema


@dataclass(frozen=True, kw_only=True, slots=True)
class Rig:
    """A schema and, where there is one, its geometry."""

    schema: Schema
    head: Head | None
    """None: a character that only its game engine can draw."""


def rig_of(schema: Path | None) -> Rig:
    """The rig of a schema file; None: the built-in head. Raises FileError and SchemaError for files that are none."""
    head = Head.default()
    if schema is None:
        return Rig(schema=head.schema, head=head)
    own = Schema.load(schema)
    return Rig(schema=own, head=head if own.hash == head.schema.hash else None)
