import numpy as np

from facelive.rig.default_schema import default_schema
from facelive.rig.mirror import MIRROR_68, Mirror


def test_mirror_swaps_sides_and_is_its_own_inverse() -> None:
    schema = default_schema()
    mirror = Mirror.of(schema)
    values = {"eyeBlinkLeft": 0.8, "headYaw": 0.3, "headPitch": 0.2, "leftGazeYaw": 0.1, "mouthLeft": 0.4}
    vector = schema.to_vector(values)
    mirrored = schema.to_dict(mirror(vector))
    assert mirrored["eyeBlinkRight"] == np.float32(0.8)
    assert mirrored["eyeBlinkLeft"] == 0.0
    assert mirrored["headYaw"] == np.float32(-0.3)
    assert mirrored["headPitch"] == np.float32(0.2)
    assert mirrored["rightGazeYaw"] == np.float32(-0.1)
    assert mirrored["mouthRight"] == np.float32(0.4)
    np.testing.assert_array_equal(mirror(mirror(vector)), vector)


def test_the_68_points_mirror_onto_themselves() -> None:
    assert sorted(MIRROR_68) == list(range(68))
    np.testing.assert_array_equal(MIRROR_68[MIRROR_68], np.arange(68))
    assert MIRROR_68[36] == 45
    assert MIRROR_68[48] == 54
    assert MIRROR_68[30] == 30
