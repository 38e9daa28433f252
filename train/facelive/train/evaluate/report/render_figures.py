"""A method's figures on held-out renders, where the truth is known. Every picture is answered alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.schema import Vector
from facelive.train.evaluate.encoders import projected68, to_params
from facelive.train.evaluate.report import colours
from facelive.train.evaluate.report.faces import Outputs, Rendered
from facelive.train.evaluate.report.parts import PartDrawing, on_renders
from facelive.train.evaluate.report.tables import Value
from facelive.train.evaluate.statistics import Interval, angle_between_deg, bootstrap, correlations

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


class RenderBench:
    """The renders, and what is computed of them once."""

    def __init__(self, head: Head, rendered: Sequence[Rendered], drawing: PartDrawing) -> None:
        self.head, self.rendered, self._drawing = head, list(rendered), drawing
        schema = head.schema
        self._identity = schema.indices("identity")
        self._mean = self._shape(schema.neutral())
        self._shown = [colours.sampled(one) for one in self.rendered]
        self._true = {one.face.person: self._shape(one.placed.label_P) for one in self.rendered}

    def _shape(self, params_P: Vector) -> F32:
        return self.head.solve_identity(params_P)[self.head.face_N]

    def figures(self, rows: Sequence[int], answers: Sequence[Outputs]) -> dict[str, Value]:
        """By key of the table's rows. answers: one for each of ``rows``."""
        schema = self.head.schema
        chosen = [self.rendered[row] for row in rows]
        said = [to_params(schema, outputs, 0) for outputs in answers]
        found: dict[str, Value] = self._identity_figures(chosen, said)
        for style, where in schema.styles.items():
            pairs = zip(said, chosen, strict=True)
            hits = [float(p[where].argmax() == one.placed.label_P[where].argmax()) for p, one in pairs]
            found[f"style_{style}"] = over_people(chosen, hits)
        found |= self._colour_figures(rows, said)
        columns = schema.indices("expression")
        truth = np.stack([one.placed.label_P[columns] for one in chosen])
        r_E = correlations(np.stack([p[columns] for p in said]), truth)
        found["expression_r"] = float(np.nanmean(r_E)) if len(chosen) > 2 and not np.isnan(r_E).all() else None
        found["render_landmarks"] = over_people(chosen, [
            _landmark_error(self.head, one, outputs) for one, outputs in zip(chosen, answers, strict=True)
        ])  # fmt: skip
        true_pose = np.stack([one.placed.pose_10[:3] for one in chosen])
        said_pose = np.stack([outputs["pose"][0, :3] for outputs in answers])
        found["angle_deg"] = over_people(chosen, angle_between_deg(said_pose, true_pose).tolist())
        found["render_part_iou"] = on_renders(self._drawing, chosen, answers).mean()
        return found

    def _identity_figures(self, chosen: Sequence[Rendered], said: Sequence[Vector]) -> dict[str, Value]:
        rows_of: dict[str, list[list[float]]] = {}
        neutral = self.head.schema.neutral()[self._identity]
        for one, params in zip(chosen, said, strict=True):
            true, sliders = self._true[one.face.person], one.placed.label_P[self._identity]
            rows_of.setdefault(one.face.person, []).append([
                1000.0 * float(np.linalg.norm(self._shape(params) - true, axis=1).mean()),
                1000.0 * float(np.linalg.norm(self._mean - true, axis=1).mean()),
                float(np.abs(params[self._identity] - sliders).mean()), float(np.abs(neutral - sliders).mean()),
            ])  # fmt: skip
        people = [np.array(rows) for rows in rows_of.values()]

        def interval(figure: Callable[[NDArray[np.floating]], float]) -> Interval:
            return bootstrap(people, figure)

        return {
            "identity_mm": interval(lambda rows: float(rows[:, 0].mean())),
            "identity_ratio": interval(lambda rows: float(rows[:, 0].mean() / rows[:, 1].mean())),
            "slider_error": interval(lambda rows: float(rows[:, 2].mean())),
            "slider_ratio": interval(lambda rows: float(rows[:, 2].mean() / rows[:, 3].mean())),
        }

    def _colour_figures(self, rows: Sequence[int], said: Sequence[Vector]) -> dict[str, Value]:
        schema = self.head.schema
        found: dict[str, Value] = {}
        ours: dict[str, tuple[list[Rendered], list[float], list[float]]] = {}
        for row, params in zip(rows, said, strict=True):
            one, shown = self.rendered[row], self._shown[row]
            sampling = colours.sampling_differences(schema, one, shown)
            for name, value in colours.differences(schema, params, one, shown).items():
                where, predicted, simple = ours.setdefault(name, ([], [], []))
                where.append(one)
                predicted.append(value)
                simple.append(sampling[name])
        for name, (where, predicted, simple) in ours.items():
            found[f"colour_{name}"] = over_people(where, predicted)
            found[f"sampling_{name}"] = over_people(where, simple)
        return found


def over_people(chosen: Sequence[Rendered], values: Sequence[float]) -> Interval:
    """The mean, and its spread when whole people are drawn anew."""
    parts: dict[str, list[float]] = {}
    for one, value in zip(chosen, values, strict=True):
        parts.setdefault(one.face.person, []).append(value)
    return bootstrap([np.array(part) for part in parts.values()], lambda rows: float(rows.mean()))


def _landmark_error(head: Head, one: Rendered, outputs: Outputs) -> float:
    """Mean distance of the projected 68 points, % of the outer eye distance."""
    truth = one.placed.landmarks68
    away = np.linalg.norm(projected68(head, outputs, 0) - truth, axis=1).mean()
    return float(100.0 * away / np.linalg.norm(truth[36] - truth[45]))
