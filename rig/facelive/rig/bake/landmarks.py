"""``python -m facelive.rig.bake.landmarks --model face_landmarker.task -o landmarks.npz``: the fixed correspondences.

MediaPipe's 478 points are found once: several people are rendered frontal and mildly turned, the landmarker looks at
them, each point is put back onto the mesh, and the votes are merged. The 68 iBUG points are those of the 478 that mean
the same, moved by how far human annotators differ from MediaPipe on photos (``annotators.py``). Run it anew after the
head or its looks have changed. Needs mediapipe and the renderer.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FaceliveError, FileError, NoFaceError
from facelive.rig.bake.annotators import OFFSET_68, SAME_68
from facelive.rig.bake.surface import FrontView, joined, pinned_triangles
from facelive.rig.correspondence import Correspondence
from facelive.rig.head import Head
from facelive.rig.parts import Part
from facelive.rig.prior import sample_identity
from facelive.rig.render.renderer import Renderer
from facelive.rig.render.scene import Camera, Scene

_SIZE = 448
_PEOPLE = 6
_VIEWS = ((0.0, 0.0), (0.22, 0.0), (-0.22, 0.0), (0.0, 0.12))
"""(yaw, pitch) of the pictures of each person, radians."""
_OPEN = 0.3
"""``jawOpen`` of the face on which votes are compared: with parted lips, the two inner edges lie apart."""
_CHIN, _CHIN_UP = slice(5, 12), 0.05
"""Points of the jaw that lie on its lower edge, and how far up they go (outer eye distances), off the throat."""
_IRIS = slice(468, 478)
_SEEN = (Part.SKIN,)
_EYES = (Part.EYE_LEFT, Part.EYE_RIGHT)
Floats = NDArray[np.floating]


def _landmarker(model: Path) -> Any:
    from mediapipe.tasks.python import BaseOptions, vision

    if not model.is_file():
        raise FileError(f"the model {model} does not exist")
    options = vision.FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_buffer=model.read_bytes()), num_faces=1, min_face_detection_confidence=0.3
    )
    return vision.FaceLandmarker.create_from_options(options)


def detect(landmarker: Any, image_HW3: NDArray[np.uint8]) -> Floats:
    """(478, 2) pixels of a BGR picture. Raises NoFaceError if MediaPipe sees no face."""
    import mediapipe

    rgb = np.ascontiguousarray(image_HW3[..., ::-1])
    result = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb))
    if not result.face_landmarks:
        raise NoFaceError("MediaPipe sees no face in a render")
    height, width = image_HW3.shape[:2]
    # MediaPipe's coordinates are shares of the whole picture: 0 is the left border of the first pixel.
    return np.array([(p.x * width - 0.5, p.y * height - 0.5) for p in result.face_landmarks[0]])


def _people(head: Head) -> list[NDArray[np.float32]]:
    """Shaven people with short hair and no glasses: nothing hides the face."""
    rng = np.random.default_rng(478)
    out: list[NDArray[np.float32]] = []
    for number in range(_PEOPLE):
        params = sample_identity(head.schema, rng) if number else head.schema.neutral()
        for style, option in (("beard", "none"), ("glasses", "none"), ("hair", "short"), ("brow", "natural")):
            params[head.schema.styles[style]] = 0.0
            params[head.schema.index(f"{style}:{option}")] = 1.0
        out.append(params)
    return out


def _views(head: Head, params: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    out: list[NDArray[np.float32]] = []
    for number, (yaw, pitch) in enumerate(_VIEWS):
        view = params.copy()
        view[head.schema.index("headYaw")], view[head.schema.index("headPitch")] = yaw, pitch
        if number % 2:
            view[head.schema.index("jawOpen")] = _OPEN
        out.append(view)
    return out


def _vote(head: Head, camera: Camera, params: NDArray[np.float32], pixels_K2: Floats) -> Correspondence:
    """The surface points that a picture shows at 478 pixels; irises are looked for on the eyeballs only."""
    posed = head.pose(head.solve(params), params)
    seen = posed @ camera.rotation.T + np.asarray(camera.translation)
    flat = np.column_stack([camera.project(posed), seen[:, 2]])
    skin = pinned_triangles(flat, head.triangles_T3, np.isin(head.part_T, _SEEN), pixels_K2[: _IRIS.start], _SIZE)
    eyes = pinned_triangles(flat, head.triangles_T3, np.isin(head.part_T, _EYES), pixels_K2[_IRIS], _SIZE)
    return joined([skin, eyes])


def _votes(head: Head, model: Path) -> list[Correspondence]:
    from facelive.rig.accessories import accessories

    renderer = Renderer(head, _SIZE, dress=accessories)
    camera = Camera.portrait(_SIZE, _SIZE, tall=0.33)
    out: list[Correspondence] = []
    with _landmarker(model) as landmarker:
        for person in _people(head):
            for params in _views(head, person):
                picture = renderer.render(params, Scene(camera=camera))
                out.append(_vote(head, camera, params, detect(landmarker, picture.image_HW3)))
    return out


def _mirror_pairs(points_K2: Floats) -> NDArray[np.intp]:
    """For each point the one that it changes places with in a mirror."""
    distance = np.linalg.norm(points_K2[:, None] * [-1, 1] - points_K2[None], axis=2)
    pair = distance.argmin(1)
    mutual = pair[pair] == np.arange(len(pair))
    return np.where(mutual, pair, -1)


def _consensus(votes: Sequence[Correspondence], head: Head, vertices_V3: Floats) -> Floats:
    """(478, 2): x and y of each point on the comparison face, the median of the votes, left and right made equal."""
    places = np.stack([vote.points(vertices_V3, head.triangles_T3) for vote in votes])
    middle = np.median(places, axis=0)[:, :2]
    pair = _mirror_pairs(middle)
    whole = pair >= 0
    out = middle.copy()
    out[whole] = 0.5 * (middle[whole] + middle[pair[whole]] * [-1, 1])
    return out


def _views_of(head: Head, vertices_V3: Floats) -> tuple[FrontView, FrontView]:
    skin, eyes = (np.isin(head.part_T, parts) for parts in (_SEEN, _EYES))
    # Between the lids and the lips one looks through to the inside of the back of the head. A point that was pinned
    # there is right from the front and goes the wrong way as soon as the head turns.
    skin &= vertices_V3[head.triangles_T3, 2].mean(1) > 0.0
    return FrontView(vertices_V3, head.triangles_T3, skin), FrontView(vertices_V3, head.triangles_T3, eyes)


def find(head: Head, model: Path) -> tuple[Correspondence, Correspondence, float]:
    """The 68 and the 478 points, and the median spread of the votes in metres."""
    params = head.schema.neutral()
    params[head.schema.index("jawOpen")] = _OPEN
    vertices = head.solve(params).astype(np.float64)
    votes = _votes(head, model)
    places = _consensus(votes, head, vertices)
    all_places = np.stack([vote.points(vertices, head.triangles_T3) for vote in votes])[..., :2]
    spread = float(np.median(np.linalg.norm(all_places - places, axis=2)))
    skin, eyes = _views_of(head, vertices)
    points478 = joined([skin.pin(places[: _IRIS.start]), eyes.pin(places[_IRIS])])
    outer = np.linalg.norm(places[SAME_68[45]] - places[SAME_68[36]])
    wanted = places[SAME_68] + outer * OFFSET_68 * [1.0, -1.0]
    wanted[_CHIN, 1] += _CHIN_UP * outer
    return skin.pin(wanted), points478, spread


def save(path: Path, points: Sequence[Correspondence]) -> None:
    """Write the correspondences as ``head_data.read_landmarks`` reads them."""
    arrays: dict[str, NDArray[Any]] = {}
    for found in points:
        arrays[f"triangle_{len(found)}"] = found.triangle_K.astype(np.uint16)
        arrays[f"barycentric_{len(found)}"] = found.barycentric_K3.astype(np.float16)
    np.savez_compressed(path, allow_pickle=False, **arrays)


def main() -> int:
    """Find and save. Exit status 2 when something is missing."""
    parser = argparse.ArgumentParser(prog="python -m facelive.rig.bake.landmarks", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="MediaPipe's face_landmarker.task")
    parser.add_argument("-o", "--output", type=Path, required=True, help="where landmarks.npz goes")
    arguments = parser.parse_args()
    try:
        found68, found478, spread = find(Head.default(), arguments.model)
    except FaceliveError as error:
        print(error, file=sys.stderr)
        return 2
    save(arguments.output, (found68, found478))
    print(f"{arguments.output}: votes lie {spread * 1000:.2f} mm from their median (median)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
