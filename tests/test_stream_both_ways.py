"""A still picture is read as it is and mirrored: the same answer for it and its mirror image, and left stays left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from facelive.engines import open_engine
from facelive.rig.framing import Similarity, frame_face
from facelive.rig.head import Head
from facelive.rig.render import Renderer, Scene
from facelive.stream.both_ways import LEARNT_BOTH, BothWays
from facelive.stream.encoder import Encoder, cut
from facelive.stream.weights_folder import ENCODER

HEAD = Head.default()
SCHEMA = HEAD.schema
F32 = np.ndarray[Any, np.dtype[np.float32]]


def run(engine: Any, crop: np.ndarray[Any, Any], known_I: F32 | None) -> dict[str, F32]:
    size = len(SCHEMA.indices("identity"))
    person = np.zeros(size + 1, np.float32) if known_I is None else np.append(known_I, 1).astype(np.float32)
    return engine.run({"image": crop[None], "person": person[None]})


@pytest.fixture(scope="module")
def crop() -> np.ndarray[Any, Any]:
    """Somebody who winks, looks away and turns."""
    params = SCHEMA.neutral()
    for name, value in {"eyeBlinkLeft": 1.0, "mouthLeft": 0.6, "headYaw": 0.35, "headRoll": 0.15}.items():
        params[SCHEMA.index(name)] = value
    picture = Renderer(HEAD, size=256).render(params, Scene())
    return cut(picture.image_HW3, frame_face(picture.landmarks68_K2))


def test_left_stays_left_and_a_mirror_image_is_read_as_one(crop: np.ndarray[Any, Any]) -> None:
    both, names = BothWays(SCHEMA), SCHEMA.group_names("expression")
    who = np.clip(SCHEMA.neutral()[SCHEMA.indices("identity")] + np.float32(0.1), 0, 1)
    with open_engine(ENCODER, "openvino", precision="fp32") as engine:
        once = run(engine, crop, None)
        for known_I in (None, who):
            straight = both.read(lambda c, k: run(engine, c, k), crop, known_I)
            turned = both.mirrored(both.read(lambda c, k: run(engine, c, k), crop[:, ::-1], known_I))
            assert known_I is None or not np.array_equal(straight["expression"], once["expression"])
            for name, row in straight.items():
                np.testing.assert_allclose(turned[name], row, atol=1e-5, err_msg=name)
    said = dict(zip(names, straight["expression"][0], strict=True))
    assert said["eyeBlinkLeft"] > said["eyeBlinkRight"] + 0.4
    assert said["mouthLeft"] > said["mouthRight"] + 0.2
    assert np.abs(straight["pose"] - once["pose"]).max() < 0.1, "of one sign: else their mean would be half"
    assert np.abs(straight["landmarks"] - once["landmarks"]).max() < 0.03
    for name, row in once.items():
        np.testing.assert_allclose(both.mirrored(both.mirrored(once))[name], row, atol=1e-6, err_msg=name)


class Twice:
    """An engine that counts its runs."""

    backend = "counting"

    def __init__(self, says: str | None) -> None:
        self._stack = open_engine(ENCODER, "openvino", precision="fp32")
        self.inputs, self.outputs, self.runs = self._stack.inputs, self._stack.outputs, 0
        self.metadata = {key: value for key, value in self._stack.metadata.items() if key != LEARNT_BOTH}
        self.metadata |= {} if says is None else {LEARNT_BOTH: says}

    def run(self, feeds: Mapping[str, Any]) -> dict[str, Any]:
        self.runs += 1
        return self._stack.run(feeds)

    def close(self) -> None:
        self._stack.close()


@pytest.mark.parametrize(("says", "runs"), [("1", 2), (None, 1), ("0", 1)])
def test_only_who_has_learnt_both_is_shown_both(crop: np.ndarray[Any, Any], says: str | None, runs: int) -> None:
    """A character of one's own may have a scar: nobody mirrored its pictures. And live, one look has to do."""
    here: Similarity = np.array([[1, 0, 0], [0, 1, 0]], np.float32)
    engine: Any = Twice(says)
    with Encoder(engine, SCHEMA) as encoder:
        still = encoder.encode_still(crop, here)
        assert engine.runs == runs
        live = encoder.encode(crop, here)
        assert engine.runs == runs + 1
    same = np.array_equal(still.expression_E, live.expression_E)
    assert same == (runs == 1)
