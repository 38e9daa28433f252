"""Which figures the table shows, in which words, and what literature stands beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facelive.train.evaluate.report.tables import Column, Row, Section, Table, Value

Figures = Mapping[str, Value]
_PAPERS = "papers, on LFW: .698 iterative fit, .940 network"
_STUDY = (
    "a linear map from dlib's embedding: 46 % and 16 % same and other video, mean shape and sampled colours 3 % each"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wanted:
    key: str
    title: str
    share: bool = False
    beside: str = ""


_RENDERS = (
    _Wanted(key="identity_mm", title="identity vertex error, mm"),
    _Wanted(key="identity_ratio", title="... of the mean face's", share=True, beside="goal: 50 %, fit 40 %"),
    _Wanted(key="slider_error", title="slider error"),
    _Wanted(key="slider_ratio", title="... of the mean face's", share=True),
    _Wanted(key="style_brow", title="brow right", share=True, beside="goal: 85 %"),
    _Wanted(key="style_hair", title="hair right", share=True, beside="goal: 85 %"),
    _Wanted(key="style_beard", title="beard right", share=True, beside="goal: 85 %"),
    _Wanted(key="style_glasses", title="glasses right", share=True, beside="goal: 85 %"),
    _Wanted(key="colour_skin", title="skin, CIEDE2000", beside="goal: half of sampling"),
    _Wanted(key="sampling_skin", title="... sampling the picture"),
    _Wanted(key="colour_hair", title="hair, CIEDE2000", beside="goal: half of sampling"),
    _Wanted(key="sampling_hair", title="... sampling the picture"),
    _Wanted(key="colour_iris", title="iris, CIEDE2000", beside="goal: half of sampling"),
    _Wanted(key="sampling_iris", title="... sampling the picture"),
    _Wanted(key="expression_r", title="expression correlation, single pictures"),
    _Wanted(key="angle_deg", title="angle between true and said head, degrees"),
    _Wanted(key="render_landmarks", title="68 landmarks, % of the eye distance"),
    _Wanted(key="render_part_iou", title="part IoU of the drawn answer", beside="exact masks; nose and hair too"),
)  # fmt: skip
_PHOTOS = (
    _Wanted(key="landmarks", title="inner 51 landmarks, median % of the eye distance"),
    _Wanted(key="landmarks_mediapipe", title="... MediaPipe's own"),
    _Wanted(key="landmarks_above", title="... above MediaPipe, points", beside="goal: 0.4 at most"),
    _Wanted(key="landmarks_all", title="all 68 landmarks"),
    _Wanted(
        key="yaw_slope", title="yaw for a degree of MediaPipe's", beside="on renders MediaPipe itself turns .85 and .78"
    ),
    _Wanted(key="pitch_slope", title="pitch for a degree of MediaPipe's"),
    _Wanted(key="photo_part_iou", title="part IoU of the drawn answer", beside="brows, eyes, lips; MediaPipe's masks"),
)
_RANK = (
    _Wanted(key="rank_same_video", title="right render first, same video", share=True, beside="goal: 60 %"),
    _Wanted(key="rank_other_video", title="right render first, other video", share=True, beside="goal: 35 %"),
    _Wanted(key="rank_ceiling", title="... photos instead of renders", share=True, beside=_STUDY),
    _Wanted(key="rank_chance", title="... chance", share=True, beside="equal renders tie, and a tie is half a win"),
    _Wanted(key="cosine_own", title="judge's cosine to own renders"),
    _Wanted(
        key="cosine_step", title="... above the method it begins with", beside="mean face, encoder, steps, fit; paired"
    ),
    _Wanted(key="cosine_others", title="judge's cosine to others'"),
    _Wanted(key="cosine_gap", title="... own minus others'"),
)
_VERIFICATION = (
    _Wanted(key="verification", title="verification on the parameters, other video", share=True, beside=_PAPERS),
    _Wanted(
        key="verification_control", title="... a random matrix on dlib's embedding", share=True,
        beside="the control: passing verification proves nothing alone",
    ),
)  # fmt: skip
_LIVE = (
    _Wanted(key="jitter_raw", title="jitter of a still face, raw"),
    _Wanted(key="jitter_live", title="... behind live's filters"),
    _Wanted(key="delay_frames", title="delay of a step behind the filters, frames at 30 fps"),
    _Wanted(key="ms", title="ms per picture, by the clock"),
)


def build(
    columns: Sequence[Column], figures: Sequence[Figures], *, renders: str, photos: str, live: str
) -> Table:  # fmt: skip
    """The table; figures: one mapping for each column. The notes tell how many pictures there were."""
    judged = (*_RANK, *(_VERIFICATION if verification_allowed(figures) else ()))
    parts = ((_RENDERS, "Held-out renders", renders), (_PHOTOS, "Photos", photos),
             (judged, "Likeness of renders to photos, SFace as judge", photos), (_LIVE, "Live", live))  # fmt: skip
    sections = [
        Section(title=title, note=note, rows=rows) for wanted, title, note in parts if (rows := _rows(wanted, figures))
    ]
    return Table(columns=tuple(columns), sections=tuple(sections))


def verification_allowed(figures: Sequence[Figures]) -> bool:
    """Only beside the rank and beside the control: wherever a column has the one, it has the others."""
    given = [each for each in figures if each.get("verification") is not None]
    return bool(given) and all(
        each.get("rank_other_video") is not None and each.get("verification_control") is not None for each in given
    )


def _rows(wanted: Sequence[_Wanted], figures: Sequence[Figures]) -> tuple[Row, ...]:
    """Rows of which at least one column knows the value."""
    found: list[Row] = []
    for each in wanted:
        values = tuple(column.get(each.key) for column in figures)
        if any(value is not None for value in values):
            found.append(Row(key=each.key, title=each.title, values=values, beside=each.beside, share=each.share))
    return tuple(found)
