"""Rendered data sets on disk: folders of plain arrays, written whole or not at all, read as memory maps.

manifest.json           format, version, schema hash, seed, sizes: all that decides the content
shard_00000/*.npy       ``ARRAYS``, same number of rows each; ``shard.json`` with the count comes with them
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, SchemaError
from facelive.rig.schema import Schema

FORMAT = "facelive-renders"
VERSION = 1
MANIFEST = "manifest.json"
ARRAYS = ("images", "params", "pose", "landmarks68", "landmarks478", "present", "person", "meta")
"""images (n, S, S, 3) uint8 BGR; params (n, P) float32, head angles as the crop shows them; pose (n, 10) as the encoder
gives it; landmarks (n, K, 2) float32 pixels of a 256 crop, pixel centres at integers; present (n,) float32, 0 where no
face is shown and the other labels mean nothing; person (n,) int32; meta (n, M) float32, columns named in the manifest.
"""
SEGMENTS = "segments"
"""(n, S/2, S/2) uint8 ``Segment`` values, ``OCCLUDED`` where something hides the face; only where asked for."""
OCCLUDED = 255
Array = NDArray[Any]


def shard_name(index: int) -> str:
    """Folder of a shard."""
    return f"shard_{index:05d}"


def write_json(path: Path, content: object) -> None:
    """Atomically."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def write_shard(folder: Path, index: int, arrays: Mapping[str, Array]) -> None:
    """Write one shard; it appears under its name only when it is complete."""
    counts = {name: len(array) for name, array in arrays.items()}
    if len(set(counts.values())) != 1:
        raise FileError(f"shard {index}: arrays of different lengths {counts}")
    final = folder / shard_name(index)
    temporary = folder / f".{shard_name(index)}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(temporary / f"{name}.npy", array)
    write_json(temporary / "shard.json", {"count": next(iter(counts.values()))})
    temporary.replace(final)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Raises FileError if the folder holds no data set of this version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileError(f"{folder} holds no rendered data set: {error}") from error
    if manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
        raise FileError(f"{folder} holds no rendered data set of version {VERSION}; render it again")
    return manifest


class ShardReader:
    """The finished shards of a folder, in order. Arrays are memory-mapped; small ones are joined on first use."""

    def __init__(self, folder: Path, schema: Schema | None = None) -> None:
        """Raises FileError if there is no finished shard, SchemaError if the set was rendered for another rig."""
        self.folder = folder
        self.manifest = read_manifest(folder)
        if schema is not None and self.manifest["schema"] != f"{schema.hash:016x}":
            raise SchemaError(
                f"{folder} was rendered with rig {self.manifest['schema']}, this is {schema.hash:016x}; render it again"
            )
        self.shards = sorted(path for path in folder.glob("shard_*") if (path / "shard.json").is_file())
        if not self.shards:
            raise FileError(f"{folder} has no finished shard yet")
        self.counts = [len(self._map(path, "params")) for path in self.shards]

    def __len__(self) -> int:
        return sum(self.counts)

    @staticmethod
    def _map(shard: Path, name: str) -> Array:
        try:
            return np.load(shard / f"{name}.npy", mmap_mode="r")
        except (OSError, ValueError) as error:
            raise FileError(f"{shard / name}.npy cannot be read ({error}); remove the shard") from error

    def blocks(self, name: str) -> list[Array]:
        """One memory-mapped array per shard."""
        return [self._map(path, name) for path in self.shards]

    @property
    def images(self) -> list[NDArray[np.uint8]]:
        """(n, S, S, 3) uint8 BGR per shard, memory-mapped."""
        return self.blocks("images")

    def join(self, name: str) -> Array:
        """All rows of an array in memory; meant for everything but pictures."""
        return np.concatenate(self.blocks(name))

    def meta(self, column: str) -> NDArray[np.float32]:
        """(N,) one named column of ``meta``."""
        return self.join("meta")[:, self.manifest["meta"].index(column)]
