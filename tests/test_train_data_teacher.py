"""The teacher's calibration: finds a linear map, is honest about people left out, labels only what it knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.default_schema import ARKIT_52, default_schema
from facelive.rig.mirror import Mirror
from facelive.rig.schema import Parameter, Schema
from facelive.train.data.calibrate import TARGETS, fit
from facelive.train.data.teacher import LEAST_WEIGHT, SCORES, Teacher, features

SCHEMA = default_schema()


def seen_through_a_bad_teacher(count: int = 600) -> tuple[np.ndarray, ...]:
    """Scores that are a biased, scaled version of the truth, jawLeft and jawRight noise; nothing of tongueOut."""
    rng = np.random.default_rng(0)
    params = np.repeat(SCHEMA.neutral()[None], count, 0)
    columns = [SCHEMA.index(name) for name in TARGETS]
    params[:, columns] = rng.random((count, len(columns)), np.float32)
    truth = params[:, [SCHEMA.index(name) for name in ARKIT_52]]
    scores = (0.3 + 0.5 * truth + 0.03 * rng.standard_normal(truth.shape)).astype(np.float32)
    for name in ("jawLeft", "jawRight"):
        scores[:, ARKIT_52.index(name)] = rng.random(count)
    scores[:, ARKIT_52.index("tongueOut")] = np.nan
    angles = (0.2 * rng.standard_normal((count, 3))).astype(np.float32)
    return scores, angles, params, np.arange(count) // 4


SEEN = seen_through_a_bad_teacher()
TEACHER = fit(SCHEMA, *SEEN)


def test_the_map_undoes_bias_and_scale() -> None:
    scores, angles, params, _ = SEEN
    values, weight = TEACHER.labels(scores, SCHEMA, angles)
    names = SCHEMA.group_names("expression")
    jaw = names.index("jawOpen")
    assert np.abs(values[:, jaw] - params[:, SCHEMA.index("jawOpen")]).mean() < 0.08
    assert weight[0, jaw] > 0.9
    assert ((values >= 0) & (values <= 1)).all()


def test_what_cannot_be_seen_is_put_in_the_middle_and_counts_little() -> None:
    scores, angles, params, _ = SEEN
    values, weight = TEACHER.labels(scores, SCHEMA, angles)
    names = SCHEMA.group_names("expression")
    for name in ("tongueOut", "jawLeft", "jawRight"):
        column = names.index(name)
        assert weight[:, column].max() == pytest.approx(LEAST_WEIGHT), name
        assert values[:, column].mean() == pytest.approx(params[:, SCHEMA.index(name)].mean(), abs=0.03), name


def test_left_and_right_are_treated_alike() -> None:
    scores, angles, _, _ = SEEN
    mirror = Mirror.of(SCHEMA, ARKIT_52)
    targets = Mirror.of(SCHEMA, TEACHER.targets)
    plain = TEACHER.predict(scores, angles)
    flipped = TEACHER.predict(mirror(scores), angles * np.array([-1, 1, -1], np.float32))
    np.testing.assert_allclose(targets(flipped), plain, atol=2e-3)


def test_faces_that_were_not_seen_get_no_weight() -> None:
    scores = SEEN[0][:2].copy()
    scores[1] = np.nan
    values, weight = TEACHER.labels(scores, SCHEMA)
    assert weight[0].max() > 0.0
    assert weight[1].max() == 0.0
    assert np.isfinite(values).all()
    gaze, gaze_weight = TEACHER.gaze(scores, SEEN[1][:2])
    assert gaze.shape == gaze_weight.shape == (2, 4)
    assert gaze_weight[1].max() == 0.0


def test_a_rig_with_other_shapes_gets_no_labels() -> None:
    tiny = Schema("tiny", (Parameter(name="wiggle", group="expression"), Parameter(name="jawOpen", group="expression")))
    values, weight = TEACHER.labels(SEEN[0][:3], tiny)
    assert weight[:, 0].max() == 0.0
    assert weight[:, 1].min() > 0.9
    assert values.shape == (3, 2)


def test_features_leave_out_what_mediapipe_does_not_know() -> None:
    assert len(SCORES) == 51
    assert features(SEEN[0], SEEN[1]).shape == (600, 56)
    assert np.isfinite(features(SEEN[0], SEEN[1])).all()


def test_saved_and_loaded(tmp_path: Path) -> None:
    TEACHER.save(tmp_path / "teacher.json")
    again = Teacher.load(tmp_path / "teacher.json")
    np.testing.assert_allclose(again.predict(SEEN[0], SEEN[1]), TEACHER.predict(SEEN[0], SEEN[1]), atol=1e-3)
    assert again.targets == TEACHER.targets


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "teacher.json"
    with pytest.raises(FileError, match="cannot read"):
        Teacher.load(path)
    path.write_text("{}")
    with pytest.raises(FileError, match="cannot read"):
        Teacher.load(path)
    TEACHER.save(path)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(FileError, match="fit it again"):
        Teacher.load(path)
