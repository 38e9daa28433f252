"""How well the face parser itself names parts: a table of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from facelive.train.evaluate.report.faces import Face, Rendered
from facelive.train.evaluate.report.parts import of_parser
from facelive.train.evaluate.report.tables import Column, Row, Section, Table

_MOST = 120
T = TypeVar("T")


def parser_table(path: Path, rendered: Sequence[Rendered], faces: Sequence[Face]) -> Table:
    """IoU by part on (at most 120) renders and photos."""
    drawn, photographed = of_parser(path, _thinned(rendered), _thinned(faces))
    on_renders, on_photos = drawn.iou(), photographed.iou()
    columns = (
        Column(key="renders", title="renders", group="exact masks"),
        Column(key="photos", title="photos", group="MediaPipe's masks"),
    )
    parts = tuple(
        Row(key=name, title=name.replace("_", " "), values=(value, on_photos.get(name)))
        for name, value in on_renders.items()
    )
    mean = Row(key="mean", title="mean", values=(drawn.mean(), photographed.mean()))
    return Table(columns=columns, sections=(Section(title=path.name, rows=(*parts, mean)),))


def _thinned(values: Sequence[T]) -> list[T]:
    return list(values)[:: max(1, len(values) // _MOST)][:_MOST]
