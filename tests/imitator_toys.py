"""A data set of the tiny rig, drawn in a blink: a shaded ball with a nose, in the crop framing, with all labels."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.likeness.imitator import ImitatorConfig
from facelive.rig.framing import FRAMING, CropCamera
from facelive.rig.mesh import Segment
from facelive.rig.schema import Vector
from facelive.rig.tiny import tiny_head
from facelive.train.data import shards
from facelive.train.imitator.recipes import ImitatorRecipe, smoke

SIZE = 32
_SCALE = 1100.0
"""Pixels of a 256 crop per metre."""


def toy_recipe(steps: int = 3) -> ImitatorRecipe:
    """32x32, as small as the network gets."""
    model = ImitatorConfig(widths=(16, 8), code=24, base=8, maps=6, maps_at=16, more_points=8, landmark_hidden=24)
    return replace(smoke(), model=model, steps=steps, batch=4)


def tiny_person(rng: np.random.Generator) -> Vector:
    """(P,) a random ball who does something and looks somewhere."""
    schema = tiny_head().schema
    params = schema.neutral()
    for group in ("identity", "colour", "expression"):
        where = schema.indices(group)
        params[where] = rng.uniform(0.0, 1.0, len(where))
    params[schema.styles["coat"]] = np.eye(2)[rng.integers(2)]
    for name, spread in (("headYaw", 0.3), ("headPitch", 0.2), ("headRoll", 0.0)):
        params[schema.index(name)] = rng.uniform(-spread, spread)
    return params


def draw_tiny(params_P: Vector, size: int = SIZE) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    """Picture (size, size, 3), part mask, and the 68 points in pixels of a 256 crop. Painter's algorithm."""
    head = tiny_head()
    schema = head.schema
    yaw, pitch, roll = (float(params_P[schema.index(name)]) for name in ("headYaw", "headPitch", "headRoll"))
    camera = CropCamera(yaw_rad=yaw, pitch_rad=pitch, roll_rad=roll, cx=128.0, cy=120.0, scale=_SCALE)
    vertices = head.solve(params_P)
    flat = (camera.project(vertices, head.face_centre) + 0.5) * (size / 256.0) - 0.5
    turned = head.pose(vertices, params_P)
    corners = turned[head.triangles_T3]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    image = np.full((size, size, 3), 128, np.uint8)
    parts = np.zeros((size, size), np.uint8)
    fur = 255.0 * params_P[schema.colours["fur"]][::-1]
    striped = params_P[schema.index("coat:striped")] > 0.5
    middle = vertices[head.triangles_T3].mean(1)
    for t in np.argsort(corners[:, :, 2].mean(1)):
        if normals[t, 2] <= 0.0:
            continue
        light = 0.35 + 0.65 * max(0.0, float(normals[t] @ [-0.4, 0.5, 0.77]))
        if striped and math.sin(90.0 * middle[t, 1]) > 0.0:
            light *= 0.5
        polygon = np.rint(flat[head.triangles_T3[t]] * 16.0).astype(np.int32)
        colour = [float(round(c)) for c in fur * light]
        cv2.fillConvexPoly(image, polygon, colour, lineType=cv2.LINE_AA, shift=4)
        cv2.fillConvexPoly(parts, polygon, int(Segment.SKIN), shift=4)
    points = camera.project(head.landmarks68.points(vertices, head.triangles_T3), head.face_centre)
    return image, parts, points


def tiny_set(folder: Path, count: int, *, seed: int = 0, spoil_test: bool = False) -> Path:
    """A folder that ``Examples`` opens: two pictures a person, every tenth person for the test; one shard.

    spoil_test: other parameters and noise in the test part; the training part stays the same.
    """
    head = tiny_head()
    rows: dict[str, list[NDArray[np.generic]]] = {}
    for number in range(count):
        test = number % 10 in (8, 9)
        rng = np.random.default_rng((seed + 1000 * (spoil_test and test), number))
        params = tiny_person(rng)
        image, parts, points = draw_tiny(params)
        angles = [params[head.schema.index(name)] for name in ("headYaw", "headPitch", "headRoll")]
        pose = np.array([*angles, 128 / 256, 120 / 256, math.log(_SCALE / 1000), 0, 0, 0, 0], np.float32)
        row = {
            "images": image, "params": params, "pose": pose, "landmarks68": points,
            "landmarks478": np.zeros((0, 2), np.float32), "present": np.float32(1), "meta": np.zeros(0, np.float32),
            "person": np.int32(number), "segments": parts[::2, ::2], "test": np.uint8(test),
        }  # fmt: skip
        for name, value in row.items():
            rows.setdefault(name, []).append(np.asarray(value))
    folder.mkdir(parents=True, exist_ok=True)
    manifest = {
        "format": shards.FORMAT, "version": shards.VERSION, "schema": f"{head.schema.hash:016x}", "framing": FRAMING,
        "count": count, "size": SIZE, "meta": [],
    }  # fmt: skip
    shards.write_json(folder / shards.MANIFEST, manifest)
    shards.write_shard(folder, 0, {name: np.stack(values) for name, values in rows.items()})
    return folder
