"""Options of how a face is shown: as in a mirror, with eyes that blink together."""

from __future__ import annotations

import numpy as np

from facelive.rig.mirror import Mirror
from facelive.rig.schema import Schema
from facelive.stream.decode import POSE_NAMES, PoseLayout
from facelive.stream.face_filter import Signal


class Look:
    """Applies the options to a signal; made once per schema."""

    def __init__(self, schema: Schema) -> None:
        self._expression = Mirror.of(schema, schema.group_names("expression"))
        layout = PoseLayout.of(schema)
        known = [name for name, where in zip(POSE_NAMES, layout.where, strict=True) if where >= 0]
        self._known = layout.where >= 0
        self._pose = Mirror.of(schema, tuple(known))
        index = {name: i for i, name in enumerate(schema.group_names("expression"))}
        both = ("eyeBlinkLeft", "eyeBlinkRight")
        self._blinks = np.array([index[name] for name in both] if all(name in index for name in both) else [], np.intp)

    def __call__(self, signal: Signal, *, mirror: bool, link_blinks: bool) -> Signal:
        """A new signal if an option is on, else the same."""
        expression, pose = signal.expression_E, signal.pose
        if link_blinks and len(self._blinks):
            expression = expression.copy()
            expression[self._blinks] = expression[self._blinks].mean()
        if mirror:
            expression = self._expression(expression)
            pose = pose.copy()
            pose[self._known] = self._pose(pose[self._known])
        return Signal(expression, pose)
