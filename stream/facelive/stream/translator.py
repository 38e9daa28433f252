"""Who somebody looks like: recognition features of a face chip in, sliders, styles and colours out.

The features (of dlib's face recognition network and of FaceRes) are made for telling people apart; here they only draw
a likeness. They stay inside the engine: nothing in this room asks for them, keeps them or sends them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from facelive.engines import Engine, int8_twin, open_engine
from facelive.errors import SchemaError, WeightsError
from facelive.rig.face_chip import PLACEMENTS, WIDE, placed_chip
from facelive.rig.framing import apply
from facelive.rig.schema import Schema
from facelive.stream.encoder import Observation, cut
from facelive.stream.live_config import Backend, Precision
from facelive.stream.state import AVATAR_GROUPS
from facelive.stream.weights_folder import TRANSLATOR

F32 = NDArray[np.float32]
Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True)
class Likeness:
    """What one look says. Suffixes: I, S, C the sizes of the schema's groups."""

    identity_I: F32
    style_S: F32
    """Logits."""
    colour_C: F32


class Translator:
    """An engine with a schema. A context manager that owns the engine; one thread at a time."""

    def __init__(self, engine: Engine, schema: Schema) -> None:
        """Raises SchemaError if it was made for another rig, WeightsError if it is no translator."""
        made_for = engine.metadata.get("facelive.schema", "")
        if made_for != f"{schema.hash:016x}":
            raise SchemaError(f"the translator was made for another rig (schema {made_for or 'unknown'})")
        have = {spec.name: spec.shape[-1] for spec in engine.outputs}
        wanted = {group: len(schema.indices(group)) for group in AVATAR_GROUPS}
        takes = {spec.name: spec.shape[1:] for spec in engine.inputs}
        if list(takes) != ["chip"] or any(have.get(n) != size for n, size in wanted.items()):
            raise WeightsError(f"this network is no translator: it gives {have}, a translator gives {wanted}")
        if tuple(takes["chip"]) != (WIDE, WIDE, 3):
            raise WeightsError(
                f"this translator looks at chips of {takes['chip'][0]} pixels, not {WIDE}: train another"
            )
        self._engine = engine

    def look(self, chip: Picture) -> Likeness:
        """chip: (224, 224, 3) uint8 BGR."""
        out = self._engine.run({"chip": chip[None]})
        return Likeness(identity_I=out["identity"][0], style_S=out["style"][0], colour_C=out["colour"][0])

    def look_well(self, image: Picture, seen: Observation) -> Likeness:
        """A face of a picture in all ``PLACEMENTS``: the mean of what they say.

        Raises UsageError if the landmarks are no face's.
        """
        return mean_of([self.look(chip_of(image, seen, turn)) for turn in range(len(PLACEMENTS))])

    def warm_up(self) -> None:
        """One run, so that the first face does not pay for it."""
        self.look(np.zeros((WIDE, WIDE, 3), np.uint8))

    def close(self) -> None:
        self._engine.close()

    def __enter__(self) -> Translator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def mean_of(looks: Sequence[Likeness]) -> Likeness:
    """Of several looks at one picture."""
    return Likeness(
        identity_I=np.mean([one.identity_I for one in looks], 0),
        style_S=np.mean([one.style_S for one in looks], 0),
        colour_C=np.mean([one.colour_C for one in looks], 0),
    )


def chip_of(image: Picture, seen: Observation, turn: int = 0) -> Picture:
    """(224, 224, 3) uint8: the face as the network was shown faces in training, by way of the aligned crop.

    turn: the number of the look, which takes turns with ``PLACEMENTS``. Raises UsageError if the landmarks are no
    face's.
    """
    return placed_chip(cut(image, seen.similarity), apply(seen.similarity, seen.landmarks_K2), turn)


@dataclass(frozen=True, slots=True)
class Opened:
    """A translator, or why there is none."""

    translator: Translator | None
    why_not: str = ""


def open_translator(
    schema: Schema, chosen: Path | None = None, backend: Backend = "auto", threads: int = 1,
    precision: Precision = "auto",
) -> Opened:  # fmt: skip
    """The package's translator, or ``chosen``. A rig that the package's was not made for goes without.

    precision: as ``open_engine`` takes it; but where int8 is asked for and ``chosen`` has no such twin, it is read as
    it is: it is the encoder that has to be quick.

    Raises WeightsError for a damaged file, and SchemaError if ``chosen`` does not fit.
    """
    path = chosen or TRANSLATOR
    alone = precision == "int8" and not int8_twin(path).is_file()
    if not path.is_file():
        if chosen is not None:
            raise WeightsError(f"there is no translator at {chosen}")
        return Opened(None, f"likeness from the encoder alone: {path.name} is not installed")
    engine = open_engine(path, backend, threads, "auto" if alone else precision)
    try:
        translator = Translator(engine, schema)
        translator.warm_up()
    except SchemaError:
        engine.close()
        if chosen is not None:
            raise
        return Opened(None, "likeness from the encoder alone: the package's translator is for the built-in head")
    except BaseException:
        engine.close()
        raise
    return Opened(translator)
