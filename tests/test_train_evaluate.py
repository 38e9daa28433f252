"""Figures: an oracle gets full marks, the mean face gets chance, and the arithmetic in between is right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facelive.errors import SchemaError
from facelive.rig.expressions import MOUTHS, sample_expression
from facelive.rig.head import Head
from facelive.rig.render.scene import Scene
from facelive.train.data.photos import Photo
from facelive.train.evaluate import performances, photo_expressions, photo_landmarks, rank, still
from facelive.train.evaluate.encoders import LEARNT, OUTPUTS, EngineEncoder, MeanFace, projected68, to_params
from facelive.train.evaluate.pages import write_page
from facelive.train.evaluate.statistics import angle_between_deg, bootstrap, correlations, gains

HEAD = Head.default()
GREY = np.full((256, 256, 3), 90, np.uint8)


class Oracle:
    """Knows the takes; with ``noise`` added to the expression."""

    def __init__(self, takes: list[performances.Take], noise: float = 0.0) -> None:
        self.takes, self.noise = takes, noise

    def __call__(self, crops_N: np.ndarray, known_I: np.ndarray | None = None) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(0)
        takes = self.takes[: len(crops_N)]
        if known_I is not None:  # the second look at the same frames
            del self.takes[: len(crops_N)]
            np.testing.assert_allclose(known_I, takes[0].placed.label_P[HEAD.schema.indices("identity")], atol=1e-6)
        labels = np.stack([take.placed.label_P for take in takes])
        out: dict[str, Any] = {
            group: labels[:, HEAD.schema.indices(group)] for group in ("identity", "style", "colour", "expression")
        }  # type: ignore[arg-type]
        noise = rng.standard_normal(out["expression"].shape, np.float32)
        out["expression"] = out["expression"] + np.float32(self.noise) * noise
        out["pose"] = np.stack([take.placed.pose_10 for take in takes])
        out["landmarks"] = np.stack([take.placed.landmarks68 for take in takes]) / np.float32(256)
        out["confidence"] = np.ones((len(takes), 6), np.float32)
        return out


def figures(noise: float = 0.0) -> performances.PerformanceFigures:
    takes = [take for k in range(3) for take in performances.perform(HEAD, Scene(), performances.SEED, k, 12)]
    return performances.measure(
        HEAD, Oracle(takes, noise), lambda params, scene: GREY, lambda rng: Scene(), people=3, frames=12
    )


class Drawn(Oracle):
    """Draws somebody else than it has learnt: the answer's identity is not what it must be told."""

    def __call__(self, crops_N: np.ndarray, known_I: np.ndarray | None = None) -> dict[str, np.ndarray]:
        out = super().__call__(crops_N, known_I)
        return out | {LEARNT: out["identity"], "identity": out["identity"] + np.float32(0.1)}


def test_the_encoder_is_told_its_own_identity() -> None:
    """On performances and on still faces; ``Oracle`` asserts it."""
    takes = performances.perform(HEAD, Scene(), performances.SEED, 0, 12)
    told = performances.measure(
        HEAD, Drawn(list(takes)), lambda params, scene: GREY, lambda rng: Scene(), people=1, frames=12
    )
    assert told.expression_r_mean == pytest.approx(1.0, abs=1e-5)
    still.trembling(HEAD.schema, Drawn([takes[0]] * 40), np.stack([GREY] * 40), [0])


def test_an_oracle_gets_full_marks() -> None:
    full = figures()
    assert full.expression_r_mean == pytest.approx(1.0, abs=1e-5)
    assert full.expression_gain_mean == pytest.approx(1.0, abs=1e-5)
    assert full.angle_error_deg < 0.05
    assert full.identity_error_mm < 0.01
    assert full.mean_face_error_mm > 1.0
    assert full.landmark_error < 2.5  # the crop camera's perspective is that of 1 m
    assert set(full.style_hits.values()) == {1.0}
    assert full.colour_error < 1e-6
    assert figures(noise=0.3).expression_r_mean < 0.8


def test_the_mean_face_is_the_yardstick() -> None:
    mean = performances.measure(
        HEAD, MeanFace(HEAD), lambda params, scene: GREY, lambda rng: Scene(), people=2, frames=6
    )
    assert mean.identity_ratio == pytest.approx(1.0)
    assert mean.expression_r_mean == pytest.approx(0.0)
    assert mean.angle_error_deg > 5.0


def test_performances_turn_as_far_as_they_say_and_repeat_themselves() -> None:
    one, two = (performances.perform(HEAD, Scene(), 1, 0, 30) for _ in range(2))
    yaw = HEAD.schema.index("headYaw")
    turned = np.degrees([take.placed.params_P[yaw] for take in one])
    assert np.abs(turned).max() <= 35.001
    assert np.ptp(turned) > 20.0
    np.testing.assert_array_equal(one[7].placed.label_P, two[7].placed.label_P)
    assert one[0].scene.lights != one[-1].scene.lights
    steps = np.abs(np.diff([take.placed.params_P for take in one], axis=0)).max()
    assert steps < 0.35


def test_outputs_become_a_valid_vector() -> None:
    outputs = MeanFace(HEAD)(GREY[None])
    assert set(outputs) == set(OUTPUTS)
    np.testing.assert_allclose(to_params(HEAD.schema, outputs, 0), HEAD.schema.neutral(), atol=1e-3)
    np.testing.assert_allclose(projected68(HEAD, outputs, 0), outputs["landmarks"][0] * 256, atol=0.5)
    outputs["style"] = np.random.default_rng(0).normal(size=outputs["style"].shape).astype(np.float32)
    outputs["expression"][0, 3] = np.nan
    params = to_params(HEAD.schema, outputs, 0)
    for where in HEAD.schema.styles.values():
        assert sorted(params[where])[-2:] == [0.0, 1.0]


def test_an_encoder_of_another_rig_is_refused() -> None:
    class Foreign:
        metadata = {"facelive.schema": "0" * 16}  # noqa: RUF012

    with pytest.raises(SchemaError, match="was made for rig"):
        EngineEncoder(Foreign(), HEAD.schema)  # type: ignore[arg-type]


def test_correlation_per_column() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(500, 3))
    truth[:, 2] = 0.5
    said = np.stack([2 * truth[:, 0] + 1, np.full(500, 0.3), truth[:, 0]], 1)
    r = correlations(said, truth)
    assert r[0] == pytest.approx(1.0)
    assert r[1] == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(r[2])
    gain = gains(said + rng.normal(0.0, 0.1, said.shape), truth)
    assert gain[0] == pytest.approx(2.0, abs=0.02)
    assert gain[1] == pytest.approx(0.0, abs=0.02)
    assert np.isnan(gain[2])


def test_angles_between_rotations() -> None:
    turned = angle_between_deg(
        np.array([[0.3, 0.0, 0.0], [0.0, 0.0, 0.0]]), np.array([[0.1, 0.0, 0.0], [0.0, 0.2, 0.0]])
    )
    np.testing.assert_allclose(turned, np.degrees([0.2, 0.2]), atol=1e-3)


def test_bootstrap_draws_people() -> None:
    people = [np.full(5, float(k)) for k in range(20)]
    interval = bootstrap(people, lambda rows: float(rows.mean()), draws=400)
    assert interval.value == pytest.approx(9.5)
    assert 5.5 < interval.low < 8.5 < 10.5 < interval.high < 13.5


def test_landmark_figures_compare_with_the_teacher() -> None:
    rng = np.random.default_rng(0)
    truth = MeanFace(HEAD)(GREY[None])["landmarks"][0] * 256
    eyes = np.linalg.norm(truth[36] - truth[45])
    encoded = []
    for number in range(30):
        direction = rng.normal(size=(68, 2))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        photo = Photo(file=f"ytf/p{number % 5}/00.jpg", person=f"p{number % 5}", annotated_68=truth)
        outputs = {"landmarks": truth[None] / 256}
        encoded.append(
            photo_landmarks.Encoded(
                photo=photo, image=GREY, similarity=np.eye(2, 3, dtype=np.float32), outputs=outputs,
                landmarks68=truth + 0.05 * eyes * direction, teacher68=truth + 0.04 * eyes * direction,
            )
        )  # fmt: skip
    wild = replace(encoded[0], teacher68=truth + 500.0)
    result = photo_landmarks.summarise([*encoded, wild], 33)
    assert result is not None
    assert photo_landmarks.summarise([wild], 1) is None, "nobody was found where he is annotated"
    assert (result.photos, result.people, result.missed) == (30, 5, 3)
    assert result.inner51.value == pytest.approx(5.0, abs=1e-3)
    assert result.inner51_above_teacher.value == pytest.approx(1.0, abs=1e-3)


def embeddings(people: int, rng: np.random.Generator, noise: float) -> tuple[np.ndarray, ...]:
    centres = rng.normal(size=(people, 32))
    person = np.repeat(np.arange(people), 6)
    video = np.tile([0, 0, 0, 1, 1, 1], people)

    def around(which: np.ndarray) -> np.ndarray:
        rows = centres[which] + noise * rng.normal(size=(len(which), 32))
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    fused_person = np.repeat(np.arange(people), 2)
    return around(person), around(person), person, video, around(fused_person), fused_person, np.tile([0, 1], people)


def test_rank_is_one_for_likeness_and_chance_without() -> None:
    rng = np.random.default_rng(0)
    good = rank.rank_figures(*embeddings(20, rng, 0.1))
    assert good.own_photo.value == good.other_video.value == good.fused_other_video.value == pytest.approx(1.0)
    photos, _, person, video, fused, fused_person, fused_video = embeddings(20, rng, 0.1)
    strangers = rng.normal(size=photos.shape)
    strangers = (strangers / np.linalg.norm(strangers, axis=1, keepdims=True)).astype(np.float32)
    bad = rank.rank_figures(photos, strangers, person, video, fused, fused_person, fused_video)
    assert bad.other_video.value < 0.2
    assert bad.chance == pytest.approx(0.05)
    assert bad.photo_ceiling_other_video.value == pytest.approx(1.0)


def test_equal_renders_for_everyone_rank_at_chance_or_below() -> None:
    photos, _, person, video, fused, fused_person, fused_video = embeddings(10, np.random.default_rng(0), 0.1)
    same = np.repeat(photos[:1], len(photos), 0)
    result = rank.rank_figures(
        photos, same, person, video, np.repeat(same[:1], len(fused), 0), fused_person, fused_video
    )
    assert result.other_video.value <= 0.1


def test_videos_and_fusing() -> None:
    assert rank.video_of("ytf/Some_One/42.jpg") == 4
    rows, order = rank.fuse(np.array([[1.0], [3.0], [10.0]], np.float32), [(0, 1), (0, 1), (0, 0)])
    assert order == [(0, 0), (0, 1)]
    np.testing.assert_array_equal(rows, [[10.0], [2.0]])


def test_the_page_holds_the_figures_and_escapes_names(tmp_path: Path) -> None:
    by_shape = {
        "expression_r": {"jawOpen": 0.9, "puff": float("nan")},
        "expression_gain": {"jawOpen": 1.25, "puff": float("nan")},
    }
    made = {"encoder": "<mine>", "backend": "none", "schema": "0", "performances": {"people": 2, **by_shape}}
    page = write_page(tmp_path, made, [], []).read_text(encoding="utf-8")
    assert "&lt;mine&gt;" in page
    assert "width:90%" in page
    assert "width:100%" in page
    assert "1.25" in page
    assert "not measurable" in page


def _photo(person: str, **said: float) -> photo_landmarks.Encoded:
    names = HEAD.schema.group_names("expression")
    points = np.zeros((68, 2), np.float32)
    return photo_landmarks.Encoded(
        photo=Photo(file=f"{person}.jpg", person=person, annotated_68=None), image=GREY,
        similarity=np.eye(2, 3, dtype=np.float32), landmarks68=points, teacher68=points,
        outputs={"expression": np.array([[said.get(name, 0.0) for name in names]], np.float32)},
    )  # fmt: skip


def test_what_no_face_does_is_counted_on_photos() -> None:
    """Two people: one smiles and looks up; the other's jaw is on both sides at once, and his cheeks are puffed."""
    fair = _photo("a", mouthSmileLeft=0.8, eyeLookUpLeft=0.5, eyeLookUpRight=0.5)
    odd = _photo("b", jawLeft=0.3, jawRight=0.2, cheekPuff=0.5)
    assert photo_expressions.summarise(HEAD.schema, []) is None
    good, both = (photo_expressions.summarise(HEAD.schema, photos) for photos in ([fair], [fair, odd]))
    assert good is not None
    assert both is not None
    assert good.opposites.value == good.idle.value == 0.0
    assert (both.photos, both.people) == (2, 2)
    assert both.opposites.value == pytest.approx(0.2 / len(photo_expressions.OPPOSITES) / 2)
    assert both.idle.value == pytest.approx(1.0 / len(photo_expressions.IDLE) / 2)
    assert both.mean["mouthSmileLeft"] == pytest.approx(0.4)


def test_every_mouth_is_performed_equally_often() -> None:
    dealt = [mouth for person in range(25) for mouth in performances._mouths(performances.SEED, person, 6)]
    counts = {mouth: dealt.count(mouth) for mouth in MOUTHS}
    assert sum(counts.values()) == len(dealt) == 150
    assert set(counts.values()) == {6}
    jaw, rest = HEAD.schema.index("tongueOut"), HEAD.schema.neutral()
    out = [sample_expression(HEAD.schema, np.random.default_rng(k), "tongue")[jaw] for k in range(20)]
    assert np.mean(out) > 0.3 + rest[jaw]
