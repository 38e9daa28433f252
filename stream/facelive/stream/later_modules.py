"""Modules that others import but that we never use, put off until someone does.

``mediapipe.tasks`` imports matplotlib and sounddevice on behalf of drawing and audio classes: two thirds of its 1.4 s,
between a user and his first packet. While it is imported, placeholders stand for them; each becomes the real module at
its first use, so nothing of mediapipe is broken.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class _Later(ModuleType):
    """Imports the module of its name when an attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextmanager
def later(*names: str) -> Iterator[None]:
    """Inside, importing one of ``names`` (parents first) gives a placeholder, unless it is there already."""
    placed: dict[str, _Later] = {}
    for name in names:
        if name in sys.modules:
            continue
        placed[name] = sys.modules[name] = _Later(name)
        parent, _, child = name.rpartition(".")
        if parent in placed:
            setattr(placed[parent], child, placed[name])
    try:
        yield
    finally:
        for name, placeholder in placed.items():
            if sys.modules.get(name) is placeholder:
                del sys.modules[name]
