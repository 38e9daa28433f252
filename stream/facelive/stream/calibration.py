"""The neutral face of one user: what the encoder reads when he does nothing, taken away from what it reads later."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, UsageError
from facelive.rig.rotation import angles, rotation
from facelive.rig.schema import Schema
from facelive.stream.decode import ANGLES, GAZES, POSITION
from facelive.stream.face_filter import Signal
from facelive.stream.summary import write_json

F32 = NDArray[np.float32]
_VERSION = 1
_MOST = 0.8
"""A shape that reads more than this at rest is broken, not neutral; the rest of its range would be noise."""
_SECONDS = 1.0
_LEAST_FRAMES = 8
_USER = re.compile(r"[\w.-]{1,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Neutral:
    """A user's face at rest."""

    expression_E: F32
    pose: F32
    """(10,) in the order of ``decode.POSE_NAMES``."""

    def apply(self, signal: Signal) -> Signal:
        """What the signal is beyond the neutral face.

        Expression: ``max(0, x - n) / (1 - n)``, so that rest is 0 and 1 stays 1. Head: turned and moved as seen from
        the neutral head; gaze: the difference.
        """
        rest = np.minimum(self.expression_E, _MOST)
        expression = np.maximum(signal.expression_E - rest, 0.0) / (1.0 - rest)
        if not self.pose[ANGLES].any():  # a home: only the place differs
            return Signal(expression.astype(np.float32), signal.pose - self.pose)
        back = rotation(*(float(a) for a in self.pose[ANGLES])).T
        turned = back @ rotation(*(float(a) for a in signal.pose[ANGLES]))
        pose = np.empty(10, np.float32)
        pose[ANGLES] = angles(turned)
        pose[POSITION] = back @ (signal.pose[POSITION] - self.pose[POSITION])
        pose[GAZES] = signal.pose[GAZES] - self.pose[GAZES]
        return Signal(expression.astype(np.float32), pose)


def home_only(signal: Signal) -> Neutral:
    """Without a calibration: only the place where a face is first seen counts as its home."""
    pose = np.zeros(10, np.float32)
    pose[POSITION] = signal.pose[POSITION]
    return Neutral(expression_E=np.zeros_like(signal.expression_E), pose=pose)


class Calibrator:
    """Collects tracked frames of about a second; the median is the neutral face (a blink does not count)."""

    def __init__(self) -> None:
        self._signals: list[Signal] = []
        self._began_ns = 0

    def add(self, signal: Signal, time_ns: int) -> Neutral | None:
        """Take a frame in; the neutral face once there is enough."""
        if not self._signals:
            self._began_ns = time_ns
        self._signals.append(signal)
        if len(self._signals) < _LEAST_FRAMES or time_ns - self._began_ns < _SECONDS * 1e9:
            return None
        expression = np.median([s.expression_E for s in self._signals], axis=0).astype(np.float32)
        pose = np.median([s.pose for s in self._signals], axis=0).astype(np.float32)
        return Neutral(expression_E=expression, pose=pose)


def config_folder() -> Path:
    """The user's folder for settings; ``FACELIVE_CONFIG_DIR`` overrides it."""
    if chosen := os.environ.get("FACELIVE_CONFIG_DIR"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming")) / "facelive"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "facelive"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "facelive"


def calibration_path(user: str, schema: Schema) -> Path:
    """Where a user's calibration for a rig lies. Raises UsageError if the name could not be a file's."""
    if not _USER.fullmatch(user) or user.startswith("."):
        raise UsageError(f"{user!r} is no name for a user: letters, digits, dot, dash and underscore")
    return config_folder() / "calibration" / f"{user}-{schema.hash:016x}.json"


def save_neutral(neutral: Neutral, user: str, schema: Schema) -> Path:
    """Write the calibration, atomically. Raises FileError if that is not possible."""
    path = calibration_path(user, schema)
    data = {
        "format": "facelive-calibration",
        "version": _VERSION,
        "schema": f"{schema.hash:016x}",
        "expression": {
            name: round(float(value), 5)
            for name, value in zip(schema.group_names("expression"), neutral.expression_E, strict=True)
        },
        "pose": [round(float(value), 6) for value in neutral.pose],
    }
    try:
        write_json(path, data)
    except OSError as error:
        raise FileError(f"cannot save the calibration {path}: {error.strerror}") from error
    return path


def load_neutral(user: str, schema: Schema) -> Neutral | None:
    """The user's calibration for this rig; None if there is none. Raises FileError if the file is damaged."""
    path = calibration_path(user, schema)
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read the calibration {path} ({error}): delete it and calibrate again") from error
    try:
        if data["version"] != _VERSION or data["schema"] != f"{schema.hash:016x}":
            raise ValueError("of another version or rig")
        expression = np.array([data["expression"][name] for name in schema.group_names("expression")], np.float32)
        pose = np.array(data["pose"], np.float32)
        if pose.shape != (10,) or not (np.isfinite(expression).all() and np.isfinite(pose).all()):
            raise ValueError("of another shape")
    except (KeyError, TypeError, ValueError) as error:
        raise FileError(f"the calibration {path} is damaged ({error}): delete it and calibrate again") from error
    return Neutral(expression_E=np.clip(expression, 0.0, 1.0), pose=pose)


def clear_neutral(user: str, schema: Schema) -> None:
    """Forget the user's calibration. Raises FileError if that is not possible."""
    path = calibration_path(user, schema)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"cannot delete the calibration {path}: {error.strerror}") from error
