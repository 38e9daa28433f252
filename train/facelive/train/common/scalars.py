"""Figures of a run as it goes: lines of JSON that anything can plot, and TensorBoard for those who have it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facelive.errors import ExtraMissing


class Scalars:
    """Appends to ``log.jsonl``; with ``tensorboard`` also to an event file beside it.

    Raises ExtraMissing if TensorBoard is wanted and not installed.
    """

    def __init__(self, folder: Path, *, tensorboard: bool = False) -> None:
        self.path = folder / "log.jsonl"
        self._writer: Any = None
        if tensorboard:
            try:
                from torch.utils.tensorboard import SummaryWriter
            except ImportError as error:
                raise ExtraMissing("TensorBoard is not installed: pip install tensorboard") from error
            self._writer = SummaryWriter(str(folder))

    def write(self, step: int, values: Mapping[str, float]) -> None:
        """One line."""
        row = {"step": step, **{name: float(f"{value:.6g}") for name, value in values.items()}}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        if self._writer is not None:
            for name, value in values.items():
                self._writer.add_scalar(name, value, step)
            self._writer.flush()
