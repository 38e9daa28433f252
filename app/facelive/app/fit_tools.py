"""The networks that ``facelive fit`` finds on this machine, and one line for each that it does without."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from facelive.errors import ExtraMissing
from facelive.likeness.fit import Tools
from facelive.likeness.fit_doubt import SHIPPED_DOUBT, Doubt
from facelive.likeness.fit_recognition import SHIPPED_RECOGNITION, Recognition
from facelive.likeness.identity import IdentityNetwork, open_identity
from facelive.likeness.parser import FaceParser
from facelive.likeness.refine import SHIPPED_IMITATOR, SHIPPED_PARSER
from facelive.rig.head import Head
from facelive.stream.weights_folder import TRANSLATOR


def open_tools(
    head: Head, *, imitator: Path | None, parser: Path | None, identity: Literal["dlib", "lightcnn", "none"],
    identity_weights: Path | None, measured: bool = True,
) -> tuple[Tools, list[str]]:  # fmt: skip
    """What was asked for must be there (FileError, WeightsError, ExtraMissing); what was not, may be missing.

    measured: fits begin with what the encoder and the translator that ship say, whose errors are known.
    """
    notes: list[str] = []
    network: IdentityNetwork | None = None
    if identity != "none":
        try:
            network = open_identity(identity, identity_weights)
        except ExtraMissing as error:
            if identity_weights is not None or identity != "dlib":
                raise
            notes.append(f"{error}; fitting by landmarks and colours only")
    known = None
    if network is not None and network.name == "dlib" and SHIPPED_RECOGNITION.is_file():
        known = Recognition.load(SHIPPED_RECOGNITION, head.schema)
    doubt = (
        Doubt.load(SHIPPED_DOUBT, head.schema) if measured and known is not None and SHIPPED_DOUBT.is_file() else None
    )
    drawn = None
    chosen = imitator or (SHIPPED_IMITATOR if SHIPPED_IMITATOR.is_file() else None)
    if chosen is not None:
        from facelive.likeness.imitator import Imitator

        drawn = Imitator.load(chosen, head.schema, head)
    parsed = parser or (SHIPPED_PARSER if SHIPPED_PARSER.is_file() else None)
    return Tools(
        imitator=drawn, network=network, known=known, doubt=doubt,
        parser=FaceParser.load(parsed) if parsed is not None else None,
    ), notes  # fmt: skip


def tool_files(imitator: Path | None, parser: Path | None) -> tuple[Path, ...]:
    """The files that ``open_tools`` reads (the translator's for dlib's identity): other files, other fits."""
    given = (imitator or SHIPPED_IMITATOR, parser or SHIPPED_PARSER, SHIPPED_RECOGNITION, SHIPPED_DOUBT, TRANSLATOR)
    return tuple(path for path in given if path.is_file())
