"""The imitator's loop: it learns, resumes exactly, shares work between processes, and never sees the test part."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("lightning", reason="training needs lightning")

from conftest import ROOT, source_environment  # noqa: E402
from imitator_toys import tiny_set, toy_recipe  # noqa: E402

from facelive.errors import ExtraMissing, FileError  # noqa: E402
from facelive.likeness.imitator import Imitator  # noqa: E402
from facelive.rig.tiny import tiny_head, tiny_schema  # noqa: E402
from facelive.train.common.devices import mixed  # noqa: E402
from facelive.train.common.order import Order, share  # noqa: E402
from facelive.train.common.scalars import Scalars  # noqa: E402
from facelive.train.imitator.evaluate import evaluate, write_report  # noqa: E402
from facelive.train.imitator.examples import Examples  # noqa: E402
from facelive.train.imitator.loop import WEIGHTS, TrainConfig, Trainer  # noqa: E402
from facelive.train.imitator.recipes import ImitatorRecipe, fitted, paper_512  # noqa: E402

# What torchrun does, with one import of torch for both: the environment of each process, then the training script.
TWO = """
import os, sys
from dataclasses import replace
from pathlib import Path
import torch
from facelive.rig.tiny import tiny_head, tiny_schema
from facelive.train.imitator.examples import Examples
from facelive.train.imitator.loop import TrainConfig, Trainer
sys.path.insert(0, sys.argv[4])
from imitator_toys import toy_recipe
data, output = Path(sys.argv[1]), Path(sys.argv[2])
os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=sys.argv[3], WORLD_SIZE="2", LOCAL_WORLD_SIZE="2",
                  GROUP_RANK="0", TORCHELASTIC_RUN_ID="test")
child = os.fork()
rank = "0" if child else "1"
os.environ.update(RANK=rank, LOCAL_RANK=rank)
config = TrainConfig(output=output, threads=1, log_every=1)
recipe = replace(toy_recipe(), optimiser="sgd", learning_rate=0.1)
trainer = Trainer(Examples(data, tiny_schema()), recipe, config, tiny_head())
assert trainer.fabric.world_size == 2
assert trainer.run()
torch.save(trainer.average.values, output / f"rank{trainer.fabric.global_rank}.pt")
torch.distributed.destroy_process_group()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_set(tmp_path_factory.mktemp("tiny"), count=30)


def trainer(data: Path, output: Path, recipe: ImitatorRecipe, **changes: object) -> Trainer:
    config = replace(TrainConfig(output=output, threads=1, log_every=1), **changes)  # type: ignore[arg-type]
    return Trainer(Examples(data, tiny_schema()), recipe, config, tiny_head())


def test_interrupted_and_uninterrupted_runs_give_the_same_weights(data: Path, tmp_path: Path) -> None:
    whole = trainer(data, tmp_path / "whole", toy_recipe(4))
    assert whole.run()
    first = trainer(data, tmp_path / "parts", toy_recipe(4), stop_after=1)
    assert not first.run()
    second = trainer(data, tmp_path / "parts", toy_recipe(4), budget_s=0.0)
    assert not second.run()
    assert second.state.step == 2
    third = trainer(data, tmp_path / "parts", toy_recipe(4))
    assert third.run()
    for name, value in whole.average.values.items():
        assert torch.equal(third.average.values[name], value), name
    for name, value in whole.model.module.state_dict().items():
        assert torch.equal(third.model.module.state_dict()[name], value), name
    lines = (tmp_path / "parts" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3, 4]
    loaded = Imitator.load(tmp_path / "parts" / "imitator.pt", tiny_schema(), tiny_head())
    assert torch.equal(loaded.state_dict()["decoder.base.weight"], whole.average.values["decoder.base.weight"])


def test_ctrl_c_keeps_what_was_learnt(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two steps, not inside one; the same run then goes on to the same weights."""
    whole = trainer(data, tmp_path / "whole", toy_recipe(4))
    assert whole.run()
    first = trainer(data, tmp_path / "parts", toy_recipe(4))
    step = first._step

    def pressed(*given: object) -> object:
        if first.state.step == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return step(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(first, "_step", pressed)
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        first.run()
    assert signal.getsignal(signal.SIGINT) is before
    second = trainer(data, tmp_path / "parts", toy_recipe(4))
    assert second.state.step == 2
    assert second.run()
    for name, value in whole.model.module.state_dict().items():
        assert torch.equal(second.model.module.state_dict()[name], value), name


def test_a_run_may_begin_with_the_weights_of_a_narrower_imitator(data: Path, tmp_path: Path) -> None:
    recipe = toy_recipe(2)
    first = trainer(data, tmp_path / "first", recipe)
    first.run()
    wider = replace(recipe, model=replace(recipe.model, tints=3))
    begun = trainer(data, tmp_path / "second", wider, start_from=tmp_path / "first" / WEIGHTS)
    batch = begun.examples.batch(begun.examples.train[:2], recipe.model.size)
    with torch.no_grad():
        before, after = (model(batch.appearance_BN, batch.pose_B10) for model in (first.averaged(), begun.averaged()))
    assert torch.allclose(before.image_BCHW, after.image_BCHW, atol=1e-5), "what is new changes nothing yet"
    start = begun.averaged().state_dict()["splat.tint.weight"].clone()
    begun.run()
    assert not torch.equal(start, begun.averaged().state_dict()["splat.tint.weight"]), "but it learns"
    with pytest.raises(FileError, match="do not fit"):
        trainer(data, tmp_path / "third", recipe, start_from=tmp_path / "second" / WEIGHTS)


def test_a_checkpoint_of_another_recipe_is_refused(data: Path, tmp_path: Path) -> None:
    assert trainer(data, tmp_path, toy_recipe(1)).run()
    with pytest.raises(FileError, match="another rig, recipe or data"):
        trainer(data, tmp_path, toy_recipe(2))
    (tmp_path / "last.ckpt").write_bytes(b"not a checkpoint")
    with pytest.raises(FileError, match="not a readable checkpoint"):
        trainer(data, tmp_path, toy_recipe(1))


def test_it_learns_from_the_training_part_only(data: Path, tmp_path: Path) -> None:
    """The community implementation's evaluation trains on its test set; here the weights do not know it exists."""
    learned = trainer(data, tmp_path / "one", toy_recipe(80))
    before = evaluate(learned.averaged(), learned.examples)
    assert learned.run()
    after = write_report(learned.averaged(), learned.examples, tmp_path / "report")
    assert after.l1 < 0.85 * before.l1
    assert after.pictures == 6
    assert set(after.iou) >= {"skin", "background"}
    assert after.landmarks_px < 1.0, "exact geometry"
    json.loads((tmp_path / "report" / "figures.json").read_text())
    for picture in ("sheet.png", "eyes.png"):
        assert cv2.imread(str(tmp_path / "report" / picture)) is not None
    assert list((tmp_path / "one" / "previews").glob("*.png"))

    other = tiny_set(tmp_path / "other", count=30, spoil_test=True)
    again = trainer(other, tmp_path / "two", toy_recipe(3))
    same = trainer(data, tmp_path / "three", toy_recipe(3))
    assert again.run()
    assert same.run()
    for name, value in same.average.values.items():
        assert torch.equal(again.average.values[name], value), name


def test_own_rigs_learn_their_landmarks(data: Path, tmp_path: Path) -> None:
    recipe = fitted(toy_recipe(60), geometry=False, parts=False)
    learned = trainer(data, tmp_path, replace(recipe, learning_rate=4e-3))
    before = evaluate(learned.averaged(), learned.examples).landmarks_px
    assert learned.run()
    assert evaluate(learned.averaged(), learned.examples).landmarks_px < 0.4 * before


def test_the_published_schedule(data: Path, tmp_path: Path) -> None:
    recipe = paper_512()
    assert (recipe.epochs, recipe.batch, recipe.optimiser, recipe.learning_rate) == (500, 16, "sgd", 0.01)
    small = replace(recipe, batch=4, model=replace(recipe.model, widths=(12, 8, 8)))
    made = trainer(data, tmp_path, small)
    assert made.steps == 500 * len(made.examples.train) // 4
    rates: list[float] = []
    for epoch in (0, 49, 50, 499):
        made.state.step = epoch * len(made.examples.train) // 4
        rates.append(made._learning_rate())
    np.testing.assert_allclose(rates, [0.01, 0.01, 0.009, 0.01 * 0.9**9])


def test_mixed_precision_keeps_places_exact(data: Path, tmp_path: Path) -> None:
    made = trainer(data, tmp_path, toy_recipe(1), precision="bf16")  # type: ignore[arg-type]
    batch = made.examples.batch(made.examples.train[:2], made.recipe.model.size)
    with torch.no_grad(), mixed(made.fabric.device, "bf16"):
        drawn = made.model(batch.appearance_BN, batch.pose_B10)
    assert float((drawn.landmarks_BK2 - batch.landmarks_BK2).abs().max()) * 256 < 1.0
    assert made.run()


def test_two_processes_hold_the_weights_that_one_would(data: Path, tmp_path: Path) -> None:
    """Both ranks bit for bit alike; against one process only the order of sums differs, so nearly."""
    output = tmp_path / "two"
    output.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", TWO, str(data), str(output), str(port), str(ROOT / "tests")]
    environment = {**source_environment(tmp_path), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (torch.load(output / f"rank{rank}.pt", weights_only=True) for rank in (0, 1))
    alone = trainer(data, tmp_path / "one", replace(toy_recipe(), optimiser="sgd", learning_rate=0.1))
    assert alone.run()
    for name, value in first.items():
        assert torch.equal(value, second[name]), name
        torch.testing.assert_close(value, alone.average.values[name], rtol=1e-4, atol=1e-5, msg=name)
    assert len((output / "log.jsonl").read_text().splitlines()) == 3, "one process writes"


def test_order_is_a_permutation_that_can_be_entered_anywhere() -> None:
    whole = Order(7, 3).take(0, 21)
    assert sorted(whole[:7]) == sorted(whole[7:14]) == list(range(7))
    np.testing.assert_array_equal(Order(7, 3).take(5, 9), whole[5:14])
    halves = [share(whole[:6], rank, 2) for rank in (0, 1)]
    np.testing.assert_array_equal(np.concatenate(halves), whole[:6])


def test_scalars_are_lines_of_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Scalars(tmp_path).write(3, {"l1": 0.25})
    assert json.loads((tmp_path / "log.jsonl").read_text()) == {"step": 3, "l1": 0.25}
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    with pytest.raises(ExtraMissing, match="pip install tensorboard"):
        Scalars(tmp_path, tensorboard=True)
