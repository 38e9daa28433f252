"""The figures behind benchmarks/results/expressions_seen.json."""

from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

pytest.importorskip("torch", reason="evaluation needs torch")
from facelive.rig.head import Head

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
HEAD = Head.default()


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("expressions_seen")


def test_half_of_a_smile_is_half_of_it_and_what_else_moves_is_astray(seen: ModuleType) -> None:
    true = np.array([0.8, 0.8, 0.0, 0.0])
    assert seen.arrived(0.5 * true, true) == pytest.approx(0.5)
    assert seen.arrived(np.array([0.8, 0.0, 0.3, 0.0]), true) == pytest.approx(0.5)
    assert seen.astray(np.array([0.8, 0.8, -0.3, 0.1]), true) == pytest.approx(0.2)


def test_every_face_moves_what_it_names(seen: ModuleType) -> None:
    schema = HEAD.schema
    for name, shapes in seen.FACES.items():
        moved = seen.doing(schema, shapes)[schema.indices("expression")]
        assert (moved.sum() > 0.1) == (name != seen.REST), name
    both = seen.doing(schema, {"mouthSmile": 0.5})
    assert both[schema.index("mouthSmileLeft")] == both[schema.index("mouthSmileRight")] == 0.5


def test_the_sheet_shows_what_is_said(seen: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read as it is, both pictures of a pair are alike; a mouth that is read shut differs."""
    monkeypatch.setattr(seen, "FACES", {"shout": seen.FACES["shout"]})
    monkeypatch.setattr(seen, "_NOISE", 0.0)
    renderer = seen.Renderer(HEAD, size=256, dress=seen.accessories)
    faces = seen.made_by(HEAD, renderer, 0)
    where = HEAD.schema.indices("expression")
    told = faces[0].placed.label_P[where][None]

    def apart(said: np.ndarray) -> float:
        drawn = seen.sheet(HEAD, faces, said).astype(float)
        side = seen._TILE
        return float(np.abs(drawn[:side, :side] - drawn[side : 2 * side, :side]).mean())

    assert apart(told) < 2.0
    assert apart(0.0 * told) > 2.0 * apart(told)
