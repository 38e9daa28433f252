"""The tone curve and its tables."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facelive.rig.render.tone import LUT_SIZE, LUT_TOP, SHOULDER, linear_table, to_linear, to_srgb, tone, tone_table


@given(st.floats(0, 1))
def test_srgb_goes_there_and_back(value: float) -> None:
    np.testing.assert_allclose(to_srgb(to_linear(value)), value, atol=1e-5)


def test_the_tone_curve_rises_and_keeps_middle_tones() -> None:
    light = np.linspace(0, 8, 2000, dtype=np.float32)
    shown = tone(light)
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] <= 1.0
    np.testing.assert_array_equal(shown[light < SHOULDER], light[light < SHOULDER])


def test_a_byte_survives_the_tables() -> None:
    place = np.rint(np.sqrt(linear_table() / LUT_TOP) * (LUT_SIZE - 1)).astype(int)
    assert np.abs(tone_table()[place].astype(int) - np.arange(256)).max() <= 1
