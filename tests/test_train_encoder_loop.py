"""The loop learns, resumes exactly, and exports what it trained."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")

from facelive.errors import FileError  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.train.encoder.batches import RenderSet, from_disk  # noqa: E402
from facelive.train.encoder.export import export_onnx, fold_repeats, run_onnx  # noqa: E402
from facelive.train.encoder.loop import TrainConfig, Trainer  # noqa: E402
from facelive.train.encoder.model import POSE_OUTPUTS, Encoder  # noqa: E402
from facelive.train.encoder.recipes import Phase, encoder_smoke  # noqa: E402


@pytest.fixture(scope="module")
def renders() -> RenderSet:
    """Noise with labels: enough to see that the loop runs and that a repeated batch is learned."""
    rng = np.random.default_rng(0)
    head, count = Head.default(), 12
    schema = head.schema
    params = np.repeat(schema.neutral()[None], count, 0)
    params[:, schema.indices("expression")] = rng.uniform(0, 0.5, (count, len(schema.indices("expression"))))
    pose = rng.normal(0, 0.1, (count, len(POSE_OUTPUTS))).astype(np.float32)
    landmarks = rng.uniform(0.3, 0.7, (count, 68, 2)).astype(np.float32)
    images = rng.integers(0, 255, (count, 128, 128, 3), dtype=np.uint8)
    return RenderSet(from_disk(images), params, pose, landmarks, np.ones(count, np.float32))


def trainer(renders: RenderSet, output: Path, steps: int, budget_s: float = 1e9) -> Trainer:
    recipe = replace(encoder_smoke(), phases=(Phase(steps=steps, size=128, batch=4),))
    config = TrainConfig(output=output, budget_s=budget_s, log_every=1, threads=1)
    return Trainer(Head.default(), recipe, config, lambda _size: renders, lambda _size: None)


def test_interrupted_and_uninterrupted_runs_give_the_same_weights(renders: RenderSet, tmp_path: Path) -> None:
    whole = trainer(renders, tmp_path / "whole", 4)
    assert whole.run()
    first = trainer(renders, tmp_path / "parts", 4, budget_s=0.0)
    assert not first.run()
    assert first.state.step == 1
    second = trainer(renders, tmp_path / "parts", 4)
    assert second.state.step == 1
    assert second.run()
    for name, value in whole.averaged().state_dict().items():
        torch.testing.assert_close(second.averaged().state_dict()[name], value, rtol=0, atol=0, msg=name)


def test_a_checkpoint_of_another_recipe_is_refused(renders: RenderSet, tmp_path: Path) -> None:
    assert trainer(renders, tmp_path, 1).run()
    with pytest.raises(FileError, match="another rig or recipe"):
        trainer(renders, tmp_path, 2)
    (tmp_path / "last.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises(FileError, match="not a readable checkpoint"):
        trainer(renders, tmp_path, 1)


def test_folding_repeats_changes_nothing_but_the_size() -> None:
    torch.manual_seed(1)
    encoder = Encoder(Head.default().schema, encoder_smoke().model).eval()
    folded = fold_repeats(encoder)
    crop = torch.rand(2, 3, 256, 256)
    with torch.inference_mode():
        one, other = encoder(crop), folded(crop)
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, atol=1e-5, rtol=1e-5, msg=name)
    count = {id(m): sum(p.numel() for p in m.hidden.parameters()) for m in (folded, encoder)}
    assert count[id(folded)] < count[id(encoder)] / 2


def test_the_exported_network_gives_what_torch_gives(tmp_path: Path) -> None:
    torch.manual_seed(0)
    schema = Head.default().schema
    encoder = Encoder(schema, encoder_smoke().model).eval()
    probes = np.random.default_rng(0).integers(0, 255, (3, 256, 256, 3), dtype=np.uint8)
    path = tmp_path / "encoder.onnx"
    export_onnx(encoder, schema, path, probes).check(1e-4)
    outputs = run_onnx(path, probes)
    assert outputs["identity"].shape == (3, len(schema.indices("identity")))
    assert outputs["landmarks"].shape == (3, 68, 2)
    for name in ("identity", "colour", "expression", "confidence"):
        assert outputs[name].min() >= 0.0
        assert outputs[name].max() <= 1.0
