"""What all commands share that go on from a translator: what they ask, what they begin with, and how they end."""

from __future__ import annotations

import argparse
import json
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.face_chip import cut_chip
from facelive.rig.head import Head
from facelive.rig.schema import Schema
from facelive.train.data.photo_cache import require_split
from facelive.train.data.shards import ShardReader
from facelive.train.translator.export import export
from facelive.train.translator.network import Translator
from facelive.train.translator.pairs import Pairs
from facelive.train.translator.recognisers import Recognisers
from facelive.train.translator.report import held_out, report

log = logging.getLogger(__name__)


def asks_to_go_on(doc: str | None) -> argparse.ArgumentParser:
    """What every such command asks."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True, help="translator.pt or translator.onnx to begin with")
    parser.add_argument("--renders", type=Path, required=True, help="for the parity check's chips")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=1)
    return parser


@dataclass(frozen=True, kw_only=True)
class Going:
    """From the answers to ``asks_to_go_on`` to the file."""

    head: Head
    pairs: Pairs
    output: Path
    weights: Path
    renders: Path

    @classmethod
    def on(cls, options: argparse.Namespace) -> Going:
        """Threads and log are set up. Raises UsageError for an output that cannot be, FileError for pairs that are
        none or photos of people who are kept out of training."""
        torch.set_num_threads(options.threads)
        logging.basicConfig(level=logging.INFO, format="%(message)s")
        weights = weights_beside(options.output, getattr(options, "start", None))
        if (photos := getattr(options, "photos", None)) is not None:
            require_split(photos, "train")
        return cls(
            head=Head.default(), pairs=Pairs.load(options.pairs), output=options.output, weights=weights,
            renders=options.renders,
        )  # fmt: skip

    @property
    def schema(self) -> Schema:
        """The rig's."""
        return self.head.schema

    @property
    def known_N(self) -> NDArray[np.bool_]:
        """(N,) renders of people who are not kept apart."""
        return ~held_out(self.pairs.person_N)

    def end(self, net: Translator, said: dict[str, object]) -> None:
        """Write the weights and the file that ships; log what was said, figures of held-out people and parity."""
        torch.save(net.state_dict(), self.weights)
        worst = export(Recognisers.shipped(), net, self.schema, self.output, probe_chips(self.renders, self.schema))
        found = {**said, "figures": report(self.head, self.pairs, net), "parity": worst}
        log.info("%s", json.dumps(found, indent=1))


def weights_beside(output: Path, start: Path | None = None) -> Path:
    """Where the weights go that belong to an exported file. Raises UsageError if its folder is missing, or if they
    would replace what is begun with."""
    weights = output.with_suffix(".pt")
    if not output.parent.is_dir():
        raise UsageError(f"there is no folder {output.parent} for {output.name}: make it")
    if start is not None and start.exists() and start.resolve() in (weights.resolve(), output.resolve()):
        raise UsageError(f"{start} is what is begun with, and would be replaced: choose another --output")
    return weights


def probe_chips(folder: Path, schema: Schema, count: int = 16) -> NDArray[np.uint8]:
    """(n, 224, 224, 3) of the first renders that show a face."""
    reader = ShardReader(folder, schema)
    images, points, present = (reader.blocks(name)[0] for name in ("images", "landmarks68", "present"))
    rows = np.flatnonzero(np.asarray(present) > 0)[:count]
    return np.stack([cut_chip(np.asarray(images[i]), np.asarray(points[i])) for i in rows])
