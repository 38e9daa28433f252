"""The weights that ship do what the program promises: not how well (``facelive evaluate``), but that they do at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from facelive.engines import open_engine
from facelive.rig.accessories import accessories
from facelive.rig.head import Head
from facelive.rig.render import Renderer
from facelive.rig.render.scene import Scene
from facelive.stream.weights_folder import encoder_path
from facelive.train.data.placing import CropJitter, place
from facelive.train.evaluate.encoders import EngineEncoder, MeanFace

HEAD = Head.default()
SCHEMA = HEAD.schema


def crops(changes: list[dict[str, float]]) -> tuple[np.ndarray, np.ndarray]:
    """Crops of the neutral person with these parameters, and their 68 landmarks / 256."""
    renderer = Renderer(HEAD, size=256, dress=accessories)
    images, points = [], []
    for change in changes:
        params = SCHEMA.neutral()
        for name, value in change.items():
            params[SCHEMA.index(name)] = value
        placed = place(HEAD, params, 1.0, CropJitter())
        images.append(renderer.render(placed.params_P, Scene(camera=placed.camera)).image_HW3)
        points.append(placed.landmarks68 / np.float32(256))
    return np.stack(images), np.stack(points)


@pytest.fixture(scope="module", params=["int8", "fp32"])
def encoder(request: pytest.FixtureRequest) -> Iterator[EngineEncoder]:
    with open_engine(encoder_path(None), "openvino", precision=request.param) as engine:
        yield EngineEncoder(engine, SCHEMA)


def test_it_follows_what_a_face_does(encoder: EngineEncoder) -> None:
    names = SCHEMA.group_names("expression")
    blink = {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0}
    smile = {"mouthSmileLeft": 0.9, "mouthSmileRight": 0.9}
    images, points = crops([{}, {"jawOpen": 0.8}, blink, smile, {"headYaw": 0.4}, {"headYaw": -0.4}])
    out = encoder(images)
    rest, jaw, closed, smiling = out["expression"][:4]
    for name, row in (
        ("jawOpen", jaw),
        ("eyeBlinkLeft", closed),
        ("eyeBlinkRight", closed),
        ("mouthSmileLeft", smiling),
    ):
        assert row[names.index(name)] - rest[names.index(name)] > 0.4, name
    assert np.abs(out["pose"][[0, 4, 5], 0] - np.array([0.0, 0.4, -0.4])).max() < 0.09  # 5 degrees
    assert out["confidence"][:, 0].min() > 0.9
    off = np.linalg.norm(out["landmarks"] - points, axis=2).mean()
    mean_face = np.linalg.norm(MeanFace(HEAD)(images)["landmarks"] - points, axis=2).mean()
    assert off < 3.0 / 256
    assert off < 0.6 * mean_face


def test_a_known_person_is_heard(encoder: EngineEncoder) -> None:
    """The second input reaches the answer: another face at rest reads the same picture otherwise."""
    images, _ = crops([{"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5}])
    identity = SCHEMA.neutral()[SCHEMA.indices("identity")]
    told = encoder(images, identity)["expression"]
    assert np.abs(told - encoder(images)["expression"]).max() > 1e-3
    assert np.abs(told - encoder(images, 1.0 - identity)["expression"]).max() > 0.02


def test_eight_bits_cost_little() -> None:
    """Sums of the readers in eight bits once moved answers by twice their spread; a tenth of a value is far less."""
    images, _ = crops([{}, {"jawOpen": 0.6, "headYaw": 0.3}, {"browInnerUp": 0.8}])
    with open_engine(encoder_path(None), "openvino", precision="fp32") as engine:
        exact = EngineEncoder(engine, SCHEMA)(images)
    with open_engine(encoder_path(None), "openvino", precision="int8") as engine:
        eight = EngineEncoder(engine, SCHEMA)(images)
    for name, most in {"expression": 0.1, "identity": 0.1, "colour": 0.05, "pose": 0.05, "landmarks": 0.005}.items():
        difference = np.abs(exact[name] - eight[name]).max()
        assert 0.0 < difference < most, name
