"""The torch twin gives what the numpy head gives."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the torch twin needs torch")

from facelive.likeness.torch_head import TorchHead, macro_weights  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.macro import corner_weights  # noqa: E402
from facelive.rig.parts import Part  # noqa: E402


@pytest.fixture(scope="module")
def head() -> Head:
    return Head.default()


def random_params(head: Head, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    schema = head.schema
    params = schema.neutral()
    params[schema.indices("identity")] = rng.uniform(0, 1, len(schema.indices("identity")))
    params[schema.indices("expression")] = rng.uniform(0, 1, len(schema.indices("expression")))
    for name in ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch"):
        params[schema.index(name)] = rng.uniform(-0.5, 0.5)
    return params


def test_vertices_equal_the_numpy_solve(head: Head) -> None:
    schema = head.schema
    vertices = np.random.default_rng(0).choice(head.vertex_count, 200, replace=False)
    left_eye = np.unique(head.triangles_T3[head.part_T == Part.EYE_LEFT])[:50]
    vertices = np.concatenate([vertices, left_eye])
    twin = TorchHead.of_vertices(head, vertices)
    params = np.stack([random_params(head, seed) for seed in range(4)])
    gaze = [schema.index(n) for n in ("leftGazeYaw", "leftGazePitch", "rightGazeYaw", "rightGazePitch")]
    with torch.no_grad():
        got = twin(
            torch.from_numpy(params[:, schema.indices("identity")]),
            torch.from_numpy(params[:, schema.indices("expression")]),
            torch.from_numpy(params[:, gaze]),
        )
    expected = np.stack([head.solve(row)[vertices] for row in params])
    np.testing.assert_allclose(got.numpy(), expected, atol=2e-6)


def test_macro_weights_equal_the_reference() -> None:
    macro = np.random.default_rng(1).uniform(0, 1, (20, 6))
    expected = np.stack([corner_weights(row) for row in macro])
    np.testing.assert_allclose(macro_weights(torch.from_numpy(macro)).numpy(), expected, atol=1e-12)


def test_the_gradient_reaches_every_slider(head: Head) -> None:
    twin = TorchHead.of_vertices(head, np.arange(0, head.vertex_count, 7))
    identity = torch.full((1, len(head.schema.indices("identity"))), 0.55, requires_grad=True)
    twin.identity(identity).square().sum().backward()
    assert identity.grad is not None
    assert (identity.grad.abs() > 0).all()
