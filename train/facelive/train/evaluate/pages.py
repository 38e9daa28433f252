"""The figures as one page: tables, a bar per shape, and (only where photos were given) photos beside their renders."""

from __future__ import annotations

import base64
import html
import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.train.evaluate.photo_landmarks import Encoded

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; } td { padding: .15rem .9rem .15rem 0; }
td.n { text-align: right; font-variant-numeric: tabular-nums; } h2 { margin-top: 2rem; }
.bar { background: #dde3ea; width: 16rem; height: .7rem; }
.bar i { display: block; background: #2f6f9f; height: .7rem; }
.pairs { display: grid; grid-template-columns: repeat(4, 1fr); gap: .5rem; } .pairs img { width: 100%; display: block; }
small { color: #666; }
"""
_BY_SHAPE = {"expression_r": "Expression correlation", "expression_gain": "How much of a movement arrives"}
Pair = tuple[Encoded, NDArray[np.uint8]]


def write_page(folder: Path, figures: dict[str, Any], encoded: list[Encoded], pairs: list[Pair]) -> Path:
    """Write ``index.html``; everything is inside the one file."""
    page = "\n".join(body(figures, pairs))
    path = folder / "index.html"
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>facelive figures</title><style>{_STYLE}</style>"
    path.write_text(f"{head}\n{page}\n</html>\n", encoding="utf-8")
    return path


def body(figures: dict[str, Any], pairs: list[Pair]) -> list[str]:
    """The page's parts: figures of one encoder, photos beside renders."""
    parts = [f"<h1>Encoder figures</h1><p>{_text(figures['encoder'])}<br><small>{_text(figures['backend'])}, rig "]
    parts.append(f"{_text(figures['schema'])}</small></p>")
    for name in ("performances", "still", "rank"):
        if name in figures:
            shown = {key: value for key, value in figures[name].items() if key not in _BY_SHAPE}
            parts.append(f"<h2>{_text(name)}</h2>{_table(shown)}")
    if "performances" in figures:
        parts += [f"<h2>{title}</h2>{_bars(figures['performances'][key])}" for key, title in _BY_SHAPE.items()]
    for split, values in figures.get("landmarks", {}).items():
        parts.append(f"<h2>Landmarks on photos: {_text(split)}</h2>{_table(values)}")
    for split, values in figures.get("photo_expressions", {}).items():
        shown = {key: value for key, value in values.items() if key != "mean"}
        parts.append(f"<h2>Expressions on photos, means: {_text(split)}</h2>{_table(shown)}{_bars(values['mean'])}")
    if pairs:
        parts.append(f"<h2>Photos and renders</h2><div class=pairs>{''.join(map(_pair, _spread(pairs, 32)))}</div>")
    return parts


def _text(value: object) -> str:
    return html.escape(str(value))


def _number(value: Any) -> str:
    if isinstance(value, dict) and "low" in value:
        return f"{_number(value['value'])} <small>{_number(value['low'])} .. {_number(value['high'])}</small>"
    if isinstance(value, dict):
        return ", ".join(f"{_text(key)} {_number(part)}" for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_number, value))
    if isinstance(value, float):
        return "not measurable" if math.isnan(value) else f"{0.0 if abs(value) < 1e-9 else value:.4g}"
    return _text(value)


def _table(values: dict[str, Any]) -> str:
    rows = (
        f"<tr><td>{_text(key).replace('_', ' ')}</td><td class=n>{_number(v)}</td></tr>" for key, v in values.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _bars(values: dict[str, float]) -> str:
    rows = []
    for name, share in sorted(values.items(), key=lambda item: -1.0 if math.isnan(item[1]) else -item[1]):
        width = 0.0 if math.isnan(share) else 100.0 * min(max(share, 0.0), 1.0)
        bar = f'<div class=bar><i style="width:{width:.0f}%"></i></div>'
        rows.append(f"<tr><td>{_text(name)}</td><td>{bar}</td><td class=n>{_number(float(share))}</td></tr>")
    return f"<table>{''.join(rows)}</table>"


def _spread(pairs: list[Pair], count: int) -> list[Pair]:
    """At most ``count``, one or a few of every person."""
    return pairs[:: max(1, len(pairs) // count)][:count]


def _pair(pair: Pair) -> str:
    one, render = pair
    photo = one.image.copy()
    size = max(1, photo.shape[1] // 200)
    for points, colour in ((one.teacher68, (0, 0, 255)), (one.landmarks68, (0, 255, 0))):
        for x, y in np.rint(points).astype(int):
            cv2.circle(photo, (int(x), int(y)), size, colour, -1)
    side = 200
    scale = side / max(photo.shape[:2])
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.zeros((side, 2 * side, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    canvas[:, side:] = cv2.resize(render, (side, side), interpolation=cv2.INTER_AREA)
    _, packed = cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, 88])
    data = base64.b64encode(packed.tobytes()).decode()
    return f'<div><img src="data:image/jpeg;base64,{data}" alt=""><small>{_text(one.photo.file)}</small></div>'
