"""What a training begins with: the weights of another one, or a file that was exported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from facelive.errors import FileError
from facelive.rig.head import Head
from facelive.train.encoder.batches import RenderSet
from facelive.train.encoder.model import Encoder
from facelive.train.encoder.points import FacePoints
from facelive.train.encoder.recipes import EncoderRecipe
from facelive.train.encoder.unfold import OLDER, PLACED, check_exported, settling_crops, unfold


def begin_with(weights: Path, encoder: Encoder, head: Head, renders: Callable[[], RenderSet]) -> None:
    """Fill ``encoder`` from an encoder.pt, or from an exported file such as the one that ships.

    renders: what an exported file's batch norms are settled on. Raises FileError if the file holds no weights of this
    form.
    """
    if weights.suffix == ".onnx":
        # On a network as everybody else has it: another order in memory rounds otherwise.
        found = Encoder(head.schema, FacePoints.of(head), encoder.config)
        unfold(weights, found, settling_crops(renders()))
        encoder.load_state_dict(found.state_dict())
        return
    load_weights(weights, encoder, FacePoints.of(head))


def load_weights(weights: Path, encoder: Encoder, points: FacePoints) -> None:
    """From an encoder.pt. Raises FileError if it holds no weights of this form, or of other points' maps."""
    try:
        read = torch.load(weights, weights_only=True)
        older = isinstance(read, dict) and "places.weight" in read and PLACED not in read
        if not older:
            encoder.load_state_dict(read)
    except OSError as error:
        raise FileError(f"cannot read {weights}: {error.strerror or error}") from error
    except Exception as error:  # torch raises many kinds for a file that is not its own, or another network's
        raise FileError(
            f"{weights} holds no weights of this recipe's network; give the encoder.pt of such a run, or none"
        ) from error
    if older:
        raise FileError(f"{weights} {OLDER}")
    if tuple(encoder.at_M.tolist()) != points.mapped:
        raise FileError(f"{weights} has heat maps of other points than today's encoders")


def check_beginning(weights: Path, recipe: EncoderRecipe, head: Head) -> None:
    """Raises FileError if a training could not begin with this file; of exported files what can be seen."""
    if weights.suffix == ".onnx":
        check_exported(weights)
        return
    begin_with(weights, Encoder(head.schema, FacePoints.of(head), recipe.model), head, _no_renders)


def _no_renders() -> RenderSet:
    raise AssertionError("only exported files need renders")
