"""The whole report: measure the encoder, let every method answer the same faces, count, write page and JSON."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.stream.redraw import STEPS, Redraw
from facelive.train.data.shards import write_json
from facelive.train.evaluate import pages
from facelive.train.evaluate import run as encoder_run
from facelive.train.evaluate.encoders import Encoder
from facelive.train.evaluate.fused import FusedEncoder
from facelive.train.evaluate.rank import Judge
from facelive.train.evaluate.report import everyone, page, rows, sheet
from facelive.train.evaluate.report.faces import Outputs, Rendered, held_out_renders, of_photo
from facelive.train.evaluate.report.faces import spread_over as spread
from facelive.train.evaluate.report.fits import FitAnswer, FitPlan, fit_all
from facelive.train.evaluate.report.live_figures import live_figures
from facelive.train.evaluate.report.looks import as_encode, as_live
from facelive.train.evaluate.report.methods import EncoderMethod, MeanMethod, Method, RefinedMethod, begins_with
from facelive.train.evaluate.report.parser_figures import parser_table
from facelive.train.evaluate.report.parts import PartDrawing
from facelive.train.evaluate.report.photo_figures import PhotoBench
from facelive.train.evaluate.report.plan import Cut, ReportConfig
from facelive.train.evaluate.report.render_figures import RenderBench
from facelive.train.evaluate.report.tables import Column, Table, Value, to_json
from facelive.train.evaluate.run import EvaluateConfig, Measured, Progress

F32 = NDArray[np.float32]
_SHEET_PEOPLE = 12


def report(config: EvaluateConfig, wanted: ReportConfig, on_progress: Progress | None = None) -> tuple[Table, Path]:
    """Measure, write ``figures.json``, ``index.html`` and the two sheets; returns the table and the page."""
    tell = on_progress or (lambda what, done, total: None)
    config.output.mkdir(parents=True, exist_ok=True)
    head = Head.default()
    # Before anything is measured: what is missing for it should be told now, not in ten minutes.
    _check_judges(config, wanted)
    with ExitStack() as stack:
        encoder, backend = stack.enter_context(encoder_run.open_encoder(config, head))
        refined = _refined(config, wanted, head, encoder)
        measured = encoder_run.measure(config, head, encoder, backend, tell)
        methods = _methods(stack, config, wanted, head, encoder) + refined
        return _Report(config, wanted, head, encoder, measured, methods, tell).write()


def _check_judges(config: EvaluateConfig, wanted: ReportConfig) -> None:
    """Open once what is asked at the very end. Raises FileError."""
    if config.judge is not None:
        Judge(config.judge)
    if wanted.parser is not None and importlib.util.find_spec("torch") is not None:
        from facelive.likeness.parser import FaceParser

        FaceParser.load(wanted.parser)


def called(encoder: Path) -> str:
    """What tells the file from others: exports are all called encoder, their folders are not."""
    stem = encoder.name.partition(".")[0]
    return encoder.resolve().parent.name if stem == "encoder" else encoder.stem


def _methods(
    stack: ExitStack, config: EvaluateConfig, wanted: ReportConfig, head: Head, encoder: Encoder
) -> list[Method]:
    """In the order of the columns."""
    found: list[Method] = [MeanMethod(head=head)]
    if wanted.also is not None:
        alone = replace(config, encoder=wanted.also, recognition=False)
        other, _ = stack.enter_context(encoder_run.open_encoder(alone, head))
        other = encoder_run.of_one_picture(other, head)
        found.append(EncoderMethod(other=other, key="also", title=f"encoder of {called(wanted.also)}"))
    if isinstance(encoder, FusedEncoder):
        pixels = encoder_run.of_one_picture(encoder.encoder, head)
        found.append(EncoderMethod(other=pixels, key="pixels", title="encoder, pixels only"))
    found.append(EncoderMethod())
    return found


def _refined(config: EvaluateConfig, wanted: ReportConfig, head: Head, encoder: Encoder) -> list[Method]:
    """The encoder with some steps after it; none if not wanted. Raises WeightsError, ExtraMissing and FileError."""
    if not wanted.refine:
        return []
    from facelive.likeness.refine import open_improver

    still, live = (
        open_improver(
            wanted.refiner, head, look=look, imitator=wanted.imitator, parser=wanted.parser, threads=config.threads
        )
        for look in (as_encode(encoder, head), as_live(encoder))
    )
    return [RefinedMethod(improver=still, live=live, steps=wanted.refine)]


class _Report:
    """One run. ``write`` once."""

    def __init__(
        self, config: EvaluateConfig, wanted: ReportConfig, head: Head, encoder: Encoder, measured: Measured,
        methods: list[Method], tell: Progress,
    ) -> None:  # fmt: skip
        self.config, self.wanted, self.head, self.encoder = config, wanted, head, encoder
        self.measured, self.methods, self.tell = measured, methods, tell
        self.of_one_picture = encoder_run.of_one_picture(encoder)
        self.notes: list[str] = []
        self.drawing = PartDrawing(head)
        self.faces = [of_photo(one) for one in measured.encoded]
        self.rendered = self._renders()

    def _redrawn(self) -> RefinedMethod:
        """What a fit begins with."""
        return RefinedMethod(improver=Redraw(self.head, as_encode(self.encoder, self.head)), steps=STEPS)

    def _renders(self) -> list[Rendered]:
        if not self.wanted.renders:
            return []
        from facelive.train.data.scenes import random_scene

        return held_out_renders(
            self.head, self.of_one_picture, random_scene, self.wanted.renders, self.wanted.frames,
            lambda done, total: self.tell("renders", done, total),
        )  # fmt: skip

    def write(self) -> tuple[Table, Path]:
        """Everything, in order."""
        whole = self._whole()
        fitted, seconds = self._fitted(whole)
        cuts = [whole, *([fitted] if fitted is not None else [])]
        table = self._table(cuts, seconds)
        parser = self._parser_table()
        picture = self._sheet(whole, fitted)
        plain = encoder_run.as_plain(self.measured.figures)
        facts = self._facts(cuts)
        said: dict[str, Any] = {"facts": facts, "notes": self.notes, "figures": to_json(table)}
        if parser is not None:
            said["parser"] = to_json(parser)
        write_json(self.config.output / "figures.json", encoder_run.as_finite(plain | {"report": said}))
        if picture is not None:
            cv2.imwrite(str(self.config.output / "sheet.png"), picture)
            cv2.imwrite(str(self.config.output / "everyone.png"), everyone.draw(self.head, self.measured.encoded))
        path = self.config.output / "index.html"
        page.write(
            path, table, facts=facts, notes=self.notes, parser=parser, sheet=picture,
            encoder_parts=pages.body(plain, self.measured.pairs),
        )  # fmt: skip
        return table, path

    def _whole(self) -> Cut:
        """All faces, without the full fit."""
        photos: dict[str, list[Outputs]] = {}
        renders: dict[str, list[Outputs]] = {}
        total = len(self.methods) * (len(self.faces) + len(self.rendered))
        for number, method in enumerate(self.methods):
            photos[method.key] = [method.answer(face) for face in self.faces]
            renders[method.key] = [method.answer(one.face) for one in self.rendered]
            self.tell("methods", (number + 1) * total // len(self.methods), total)
        return Cut(
            title="all", photos=tuple(range(len(self.faces))), renders=tuple(range(len(self.rendered))),
            methods=tuple((m.key, m.title) for m in self.methods), photo_answers=photos, render_answers=renders,
        )  # fmt: skip

    def _fitted(self, whole: Cut) -> tuple[Cut | None, float]:
        """The faces that were fitted in full, with everybody's answers; and the mean seconds of a fit."""
        wanted = self.wanted
        if not wanted.fit or wanted.tools is None:
            self.notes.append("Full fit: not asked for (--fit N fits N photos and N renders).")
            return None, float("nan")
        plan = FitPlan(
            tools=wanted.tools, begin=self._redrawn().answer, folder=self.config.output / "fits",
            weights=wanted.tool_weights, seconds=wanted.fit_seconds, minutes=wanted.fit_minutes,
        )  # fmt: skip
        photo_rows, render_rows = self._chosen(wanted.fit)
        faces = [*(self.faces[row] for row in photo_rows), *(self.rendered[row].face for row in render_rows)]
        found = fit_all(self.head, faces, plan, lambda done, total: self.tell("full fits", done, total))
        if len(found) < len(faces):
            self.notes.append(
                f"Full fit: {len(found)} of {len(faces)} done; there was no time left for the others. "
                "Run the same command again: what is done is kept."
            )
        photo_rows = [row for row in photo_rows if self.faces[row].name in found]
        render_rows = [row for row in render_rows if self.rendered[row].face.name in found]
        if not found:
            return None, float("nan")
        cut = Cut(
            title="the fitted ones",
            photos=tuple(photo_rows),
            renders=tuple(render_rows),
            methods=(*whole.methods, ("fit", "full fit")),
            photo_answers={key: [said[row] for row in photo_rows] for key, said in whole.photo_answers.items()}
            | {"fit": [found[self.faces[row].name].outputs for row in photo_rows]},
            render_answers={key: [said[row] for row in render_rows] for key, said in whole.render_answers.items()}
            | {"fit": [found[self.rendered[row].face.name].outputs for row in render_rows]},
        )
        return cut, _mean_seconds(found)

    def _chosen(self, most: int) -> tuple[list[int], list[int]]:
        """Photos: everybody's first video, then the next. Renders: one frame of everybody, then the next."""
        videos = [_video(face.name) for face in self.faces]
        photos = spread([face.person for face in self.faces], videos, most)
        # Frames in the middle first: heads turn towards the ends.
        middle = self.wanted.frames // 2
        order = sorted(range(len(self.rendered)), key=lambda row: abs(row % self.wanted.frames - middle))
        return photos, order[:most]

    def _table(self, cuts: Sequence[Cut], fit_seconds: float) -> Table:
        photo_bench = self._photo_bench() if self.faces else None
        render_bench = RenderBench(self.head, self.rendered, self.drawing) if self.rendered else None
        live = live_figures(
            self.head.schema, self.encoder, self.of_one_picture, self.methods,
            [one.face for one in self.rendered] or self.faces, self.measured.still_faces, fit_seconds,
            lambda done, total: self.tell("live figures", done, total),
        )  # fmt: skip
        columns: list[Column] = []
        figures: list[dict[str, Value]] = []
        total, done = sum(len(cut.methods) for cut in cuts), 0
        for cut in cuts:
            group = f"{cut.title}: {len(cut.photos)} photos, {len(cut.renders)} renders"
            for key, title in cut.methods:
                found: dict[str, Value] = {}
                if render_bench is not None and cut.renders:
                    found |= render_bench.figures(cut.renders, cut.render_answers[key])
                if photo_bench is not None and cut.photos:
                    before = begins_with(
                        key, list(cut.photo_answers),
                        redrawn=self.wanted.refiner == "redraw" and self.wanted.refine == STEPS,
                    )  # fmt: skip
                    found |= photo_bench.figures(
                        cut.photos, cut.photo_answers[key], None if before is None else cut.photo_answers[before]
                    )
                if cut is cuts[0] or key == "fit":
                    found |= live.get(key, {})
                columns.append(Column(key=f"{key}_{'all' if cut is cuts[0] else 'fitted'}", title=title, group=group))
                figures.append(found)
                done += 1
                self.tell("figures", done, total)
        return rows.build(columns, figures, renders=self._render_note(), photos=self._photo_note(), live=_machine())

    def _photo_bench(self) -> PhotoBench:
        judge = Judge(self.config.judge) if self.config.judge is not None else None
        if judge is None:
            self.notes.append("Rank, cosine and verification: no judge given (--judge).")
        return PhotoBench(
            self.head, self.measured.encoded, self.faces, self.drawing, judge=judge, judged=self.measured.judged,
            recognised_ND=self._recognised() if judge is not None else None,
        )  # fmt: skip

    def _recognised(self) -> F32 | None:
        """dlib's embeddings of the photos, for the control; None where they cannot be had."""
        import importlib.util

        if importlib.util.find_spec("torch") is None:
            self.notes.append("Verification: left out, for its control needs torch (pip install 'facelive[train]').")
            return None
        from facelive.errors import ExtraMissing
        from facelive.likeness.identity import open_identity
        from facelive.train.data.mediapipe_points import POINTS_68
        from facelive.train.recognition import embed

        try:
            network = open_identity("dlib")
        except ExtraMissing as error:
            self.notes.append(f"Verification: left out, for its control needs dlib's network ({error}).")
            return None
        points = [np.zeros((478, 2), np.float32) if f.dense_K2 is None else f.dense_K2 for f in self.faces]
        crops = np.stack([face.crop_HW3 for face in self.faces])
        return embed(network, crops, np.stack(points)[:, POINTS_68])

    def _parser_table(self) -> Table | None:
        """None where there is no parser, or no torch to run it."""
        from facelive.likeness.refine import SHIPPED_PARSER

        path = self.wanted.parser or (SHIPPED_PARSER if SHIPPED_PARSER.is_file() else None)
        if path is None:
            self.notes.append("Face parser: none ships and none was given (--parser), so its IoU was not measured.")
            return None
        if importlib.util.find_spec("torch") is None:
            self.notes.append("Face parser: its IoU was left out, for it needs torch (pip install 'facelive[train]').")
            return None
        return parser_table(path, self.rendered, self.faces)

    def _sheet(self, whole: Cut, fitted: Cut | None) -> NDArray[np.uint8] | None:
        """Twelve people; those that were fitted come first."""
        if not self.faces:
            return None
        chosen = list(dict.fromkeys([*(fitted.photos if fitted else ()), *self._chosen(_SHEET_PEOPLE)[0]]))
        people: dict[str, int] = {}
        for row in chosen:
            people.setdefault(self.faces[row].person, row)
        fits = dict(zip(fitted.photos, fitted.photo_answers["fit"], strict=True)) if fitted else {}
        lines = [
            sheet.Shown(
                face=self.faces[row],
                answers=(
                    *(whole.photo_answers[method.key][row] for method in self.methods),
                    *((fits.get(row),) if fits else ()),
                ),
            )
            for row in list(people.values())[:_SHEET_PEOPLE]
        ]
        titles = [method.title for method in self.methods] + (["full fit"] if fits else [])
        return sheet.draw(self.head, titles, lines)

    def _facts(self, cuts: Sequence[Cut]) -> list[str]:
        figures = self.measured.figures
        told = [
            f"Encoder: {figures['encoder']}, on {figures['backend']}, rig {figures['schema']}, "
            f"{'with' if figures['recognition'] else 'without'} recognition.",
            f"Held-out renders: {self._render_note()}." if self.rendered else "No held-out renders.",
            f"Photos: {self._photo_note()}." if self.faces else "No photos given (--photos).",
        ]
        if self.wanted.refine:
            told.append(f"Refinement: {self.wanted.refine} steps of the refiner {self.wanted.refiner!r}, no deadline.")
        if len(cuts) > 1:
            told.append(
                f"Full fit: at most {self.wanted.fit_seconds:g} s each, {len(cuts[1].photos)} photos and "
                f"{len(cuts[1].renders)} renders; the other methods stand beside it on the same ones. There the rank "
                f"is among the {len({self.faces[row].person for row in cuts[1].photos})} fitted people only."
            )
        still = asdict(figures["still"]) if "still" in figures else None
        if still is not None:
            told.append(f"Jitter of MediaPipe's video mode on the same still faces: {still['teacher']:.2g}.")
        return told

    def _render_note(self) -> str:
        people = len({one.face.person for one in self.rendered})
        return f"{len(self.rendered)} pictures of {people} people that no training has seen, light drawn at random"

    def _photo_note(self) -> str:
        people = len({face.person for face in self.faces})
        return f"{len(self.faces)} photos of {people} people kept out of training"


def _video(name: str) -> int:
    first = Path(name).stem[:1]
    return int(first) if first.isdecimal() else 0


def _mean_seconds(found: dict[str, FitAnswer]) -> float:
    return float(np.mean([answer.seconds for answer in found.values()]))


def _machine() -> str:
    return f"on this machine ({platform.machine()}, {platform.system()}), single pictures"
