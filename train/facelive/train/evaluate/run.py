"""All figures of one encoder: renders always, photos where a folder of them is given, the judge where its files are."""

from __future__ import annotations

import argparse
import json
import logging
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.engines.open import Backend, Precision
from facelive.errors import FileError
from facelive.rig.framing import frame_face
from facelive.rig.head import Head
from facelive.rig.render.scene import Camera, Scene
from facelive.rig.schema import Schema, Vector
from facelive.stream.translator import Translator, open_translator
from facelive.train.common.command import as_command
from facelive.train.data.face_teacher import FaceTeacher, shipped_model
from facelive.train.data.people import identity
from facelive.train.data.photos import EVAL_PEOPLE, Photo, PhotoConfig, list_photos
from facelive.train.data.shards import write_json
from facelive.train.data.splits import Split
from facelive.train.evaluate import performances, photo_expressions, photo_landmarks, rank, still
from facelive.train.evaluate.encoders import Encoder, EngineEncoder, MeanFace, to_params
from facelive.train.evaluate.fused import FusedEncoder
from facelive.train.evaluate.pages import Pair, write_page

log = logging.getLogger(__name__)
F32 = NDArray[np.float32]
Progress = Callable[[str, int, int], None]
"""``(what, done, in all)``."""
_PORTRAIT = 320


@dataclass(frozen=True, kw_only=True, slots=True)
class EvaluateConfig:
    """What to measure and where to put it."""

    output: Path
    """Folder of ``figures.json`` and ``index.html``; with photos it shows photos, so keep it to yourself."""
    encoder: Path | None = None
    """The ONNX file; None measures the mean face, which every encoder has to beat."""
    backend: Backend = "auto"
    precision: Precision = "auto"
    threads: int = 1
    recognition: bool = True
    """Let the translator have its say in the looks, as ``facelive encode`` does; nothing without an encoder."""
    translator: Path | None = None
    """Another translator than the package's."""
    photos: Path | None = None
    """Folder of annotated photos (facelive.train.data.photos); None leaves the figures on photos out."""
    judge: Path | None = None
    """Folder of YuNet and SFace (OpenCV Zoo); None leaves the rank out."""
    landmarker: Path | None = None
    """MediaPipe's model file; None takes the one that the live room carries."""
    landmarks: Path | None = None
    """CSV of the annotation; None takes ``ytf_landmarks.csv`` of the folder."""
    eval_people: Path | None = None
    """Whom no training has seen, one name a line; None takes ``ytf_eval_people.txt`` of the folder."""
    most_people: int | None = None
    """At most so many people of each split, the first by name; None takes all."""
    people: int = 25
    """Performances; 0 leaves them out."""
    frames: int = 45
    """Frames of a performance."""
    stills: int = 24
    """Still faces; 0 leaves them out."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The figures of one encoder, and what they were measured on."""

    figures: dict[str, Any]
    encoded: list[photo_landmarks.Encoded]
    """The evaluation people's photos."""
    pairs: list[Pair]
    """Of each of them the frontal render, where a judge was given."""
    judged: Judged | None
    still_faces: list[still.StillFace]


@dataclass(frozen=True, kw_only=True)
class Judged:
    """(N, D) embeddings of unit length, one for each photo and for its render."""

    photo_ND: F32
    render_ND: F32


def evaluate(config: EvaluateConfig, on_progress: Progress | None = None) -> dict[str, Any]:
    """Measure, write ``figures.json`` and ``index.html`` into the output folder, and return the figures."""
    head = Head.default()
    config.output.mkdir(parents=True, exist_ok=True)
    with open_encoder(config, head) as (encoder, backend):
        measured = measure(config, head, encoder, backend, on_progress or (lambda what, done, total: None))
    plain = as_plain(measured.figures)
    write_json(config.output / "figures.json", as_finite(plain))
    write_page(config.output, plain, measured.encoded, measured.pairs)
    return plain


def measure(config: EvaluateConfig, head: Head, encoder: Encoder, backend: str, tell: Progress) -> Measured:
    """All figures of an open encoder; nothing is written. Raises FileError if no wanted person is among the photos."""
    photos = _photos_of(config)
    from facelive.rig.accessories import accessories
    from facelive.rig.render import Renderer
    from facelive.train.data.scenes import random_scene

    renderer = Renderer(head, size=256, dress=accessories)
    figures: dict[str, Any] = {"encoder": str(config.encoder or "mean face"), "schema": f"{head.schema.hash:016x}"}
    figures["backend"] = backend
    figures["recognition"] = isinstance(encoder, FusedEncoder)
    if config.people:
        figures["performances"] = performances.measure(
            head, encoder, lambda params, scene: renderer.render(params, scene).image_HW3, random_scene,
            people=config.people, frames=config.frames,
            on_progress=lambda done, total: tell("performances", done, total),
        )  # fmt: skip
    landmarker = config.landmarker or shipped_model()
    faces = still_faces(head, random_scene, config.stills)
    if faces:
        figures["still"] = still.measure(
            head.schema, encoder, faces, landmarker, on_progress=lambda done, total: tell("still faces", done, total)
        )
    encoded: list[photo_landmarks.Encoded] = []
    pairs: list[Pair] = []
    judged = None
    if photos:
        still_encoder = of_one_picture(encoder, head)
        of_photos, encoded = _photo_figures(config, photos, head, still_encoder, landmarker, tell)
        figures |= {name: per_split for name, per_split in of_photos.items() if per_split}
    if config.judge is not None and encoded:
        figures["rank"], pairs, judged = _rank(config.judge, head, encoded, tell)
    return Measured(figures=figures, encoded=encoded, pairs=pairs, judged=judged, still_faces=faces)


def open_encoder(config: EvaluateConfig, head: Head) -> Any:
    """A context that gives an encoder and the name of what runs it."""
    if config.encoder is None:
        return nullcontext((MeanFace(head), "none"))
    return _Opened(config, head.schema)


class _Opened:
    def __init__(self, config: EvaluateConfig, schema: Schema) -> None:
        assert config.encoder is not None
        self._engine = open_engine(config.encoder, config.backend, config.threads, config.precision)
        self._schema = schema
        self._translator: Translator | None = None
        if config.recognition:
            opened = open_translator(schema, config.translator, config.backend, config.threads, config.precision)
            self._translator = opened.translator
            if opened.why_not:
                log.warning("%s", opened.why_not)

    def __enter__(self) -> tuple[Encoder, str]:
        encoder = EngineEncoder(self._engine, self._schema)
        if self._translator is None:
            return encoder, self._engine.backend
        return FusedEncoder(encoder, self._translator, self._schema), self._engine.backend

    def __exit__(self, *_: object) -> None:
        if self._translator is not None:
            self._translator.close()
        self._engine.close()


def of_one_picture(encoder: Encoder, head: Head | None = None) -> Encoder:
    """The same for pictures that have nothing to do with each other, as ``facelive encode`` reads them."""
    if isinstance(encoder, FusedEncoder):
        return replace(encoder, encoder=of_one_picture(encoder.encoder, head), again=head or Head.default())
    return replace(encoder, both_ways=True) if isinstance(encoder, EngineEncoder) else encoder


def _photos_of(config: EvaluateConfig) -> dict[Split, list[Photo]]:
    """What is to be measured per split, before anything is; splits without a photo are left out."""
    if config.photos is None:
        return {}
    found: dict[Split, list[Photo]] = {}
    for split in ("held-out", "eval"):
        wanted = PhotoConfig(
            photos=config.photos, output=config.output, landmarker=Path(), split=split,
            landmarks=config.landmarks, eval_people=config.eval_people,
        )  # fmt: skip
        photos = first_people(list_photos(wanted), config.most_people)
        if photos:
            found[split] = photos
        elif split == "eval":
            listed = config.eval_people or config.photos / EVAL_PEOPLE
            raise FileError(
                f"nobody whom {listed} names has an annotated photo in {config.photos}: give --people F.txt"
            )
        else:
            log.warning("no photo is of the tenth of the people that training keeps apart: no figures for them")
    return found


def _photo_figures(
    config: EvaluateConfig, photos_of: dict[Split, list[Photo]], head: Head, encoder: Encoder, landmarker: Path,
    tell: Progress,
) -> tuple[dict[str, dict[str, Any]], list[photo_landmarks.Encoded]]:  # fmt: skip
    """Landmarks and expressions, each per split; and the encoded photos of the evaluation people, for the rank."""
    assert config.photos is not None
    figures: dict[str, dict[str, Any]] = {"landmarks": {}, "photo_expressions": {}}
    kept: list[photo_landmarks.Encoded] = []
    with FaceTeacher(landmarker) as teacher:
        for split, photos in photos_of.items():
            encoded = photo_landmarks.encode_photos(
                head, encoder, photos, config.photos, teacher,
                lambda done, total, split=split: tell(f"photos, {split}", done, total),
            )  # fmt: skip
            for name, summary in (
                ("landmarks", photo_landmarks.summarise(encoded, len(photos))),
                ("photo_expressions", photo_expressions.summarise(head.schema, encoded)),
            ):
                if summary is not None:
                    figures[name][split] = summary
            kept = encoded if split == "eval" else kept
    return figures, kept


def first_people(photos: list[Photo], most: int | None) -> list[Photo]:
    """The photos of the first people by name."""
    names = sorted({photo.person for photo in photos})[:most]
    return [photo for photo in photos if photo.person in names]


def neutral_portrait(head: Head, params_P: Vector) -> Vector:
    """(P,) the same person from the front, at rest."""
    out = head.schema.neutral()
    for group in ("identity", "style", "colour"):
        where = head.schema.indices(group)
        out[where] = params_P[where]
    return out


def _rank(
    models: Path, head: Head, encoded: list[photo_landmarks.Encoded], tell: Progress
) -> tuple[rank.RankFigures, list[Pair], Judged]:
    """Draw everyone from every photo, let the judge look, count. Also the pictures and what the judge saw in them."""
    from facelive.rig.accessories import accessories
    from facelive.rig.render import Renderer

    judge = rank.Judge(models)
    renderer = Renderer(head, size=_PORTRAIT, dress=accessories)
    names = sorted({one.photo.person for one in encoded})
    person = np.array([names.index(one.photo.person) for one in encoded])
    video = np.array([rank.video_of(one.photo.file) for one in encoded])

    def draw(params: Vector) -> tuple[NDArray[np.uint8], F32]:
        picture = renderer.render(neutral_portrait(head, params), Scene())
        return picture.image_HW3, judge.embed(picture.image_HW3, picture.landmarks68_K2)

    photos, renders, pictures = [], [], []
    for number, one in enumerate(encoded):
        photos.append(judge.embed(one.image, one.teacher68))
        picture, embedding = draw(to_params(head.schema, one.outputs, 0))
        renders.append(embedding)
        pictures.append((one, picture))
        if number % 50 == 49 or number + 1 == len(encoded):
            tell("rank", number + 1, len(encoded))
    raw = {name: np.stack([one.outputs[name][0] for one in encoded]) for name in encoded[0].outputs}
    keys = list(zip(person.tolist(), video.tolist(), strict=True))
    fused_outputs = {name: rank.fuse(rows.reshape(len(rows), -1), keys)[0] for name, rows in raw.items()}
    order = sorted(set(keys))
    fused = [draw(to_params(head.schema, fused_outputs, i))[1] for i in range(len(order))]
    judged = Judged(photo_ND=np.stack(photos), render_ND=np.stack(renders))
    figures = rank.rank_figures(
        judged.photo_ND, judged.render_ND, person, video,
        np.stack(fused), np.array([key[0] for key in order]), np.array([key[1] for key in order]),
    )  # fmt: skip
    return figures, pictures, judged


def still_faces(head: Head, scene_of: Callable[[np.random.Generator], Scene], count: int) -> list[still.StillFace]:
    """Renders of unseen people at rest, nearly from the front, with surroundings: 480 pixels, face about 200."""
    from facelive.rig.accessories import accessories
    from facelive.rig.render import Renderer

    renderer = Renderer(head, size=480, dress=accessories)
    faces: list[still.StillFace] = []
    for number in range(count):
        rng = np.random.default_rng((performances.SEED, 41, number))
        params = identity(head.schema, performances.SEED, 10_000 + number)
        for name, spread in (("headYaw", 0.2), ("headPitch", 0.1)):
            params[head.schema.index(name)] = spread * rng.standard_normal()
        scene = replace(scene_of(rng), camera=Camera.portrait(480, 480))
        picture = renderer.render(params, scene)
        faces.append((picture.image_HW3, frame_face(picture.landmarks68_K2)))
    return faces


def as_plain(value: Any) -> Any:
    """Dictionaries instead of dataclasses, all the way down."""
    if isinstance(value, dict):
        return {key: as_plain(part) for key, part in value.items()}
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value


def as_finite(value: Any) -> Any:
    """JSON has no NaN: null says "not measurable"."""
    if isinstance(value, dict):
        return {key: as_finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def main() -> None:
    """``python -m facelive.train.evaluate.run -o OUT [--encoder FILE] [--photos DIR] [--judge DIR]``."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--encoder", type=Path)
    parser.add_argument("--no-recognition", dest="recognition", action="store_false")
    parser.add_argument("--photos", type=Path)
    parser.add_argument("--judge", type=Path)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--people", type=int, default=24)
    parser.add_argument("--frames", type=int, default=45)
    parser.add_argument("--stills", type=int, default=24)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    figures = evaluate(
        EvaluateConfig(
            output=options.output, encoder=options.encoder, photos=options.photos, judge=options.judge,
            people=options.people, frames=options.frames, stills=options.stills, precision=options.precision,
            recognition=options.recognition,
        ),
        lambda what, done, total: log.info("%s: %d of %d", what, done, total),
    )  # fmt: skip
    log.info("%s", json.dumps(as_finite(figures), indent=1))


if __name__ == "__main__":
    as_command(main)
