"""The report as one file: the table, what it was measured on, the sheet, then the figures of the encoder alone."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from pathlib import Path

import cv2

from facelive.train.evaluate.report.faces import Picture
from facelive.train.evaluate.report.tables import Table, to_html

_STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --paper: #ffffff; --line: #d1d9e0; --band: #f3f6f9;
  --bar: #2f6f9f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #9aa4af; --paper: #14171b; --line: #343b44;
  --band: #1e242b; --bar: #6db1e0; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 112rem;
  margin: 2rem auto; padding: 0 1rem; }
small, .beside { color: var(--soft); } h1, h2 { line-height: 1.2; } h2 { margin-top: 2.2rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; margin: .5rem 0 1.5rem; }
td { padding: .15rem .9rem .15rem 0; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
table.report th, table.report td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
table.report thead th { text-align: right; border-bottom: 2px solid var(--line); }
table.report th.group { text-align: center; font-weight: 500; color: var(--soft); }
table.report tbody th { text-align: left; font-weight: 400; min-width: 14rem; }
table.report th.beside { text-align: left; }
table.report td.beside { font-size: .85em; min-width: 12rem; max-width: 22rem; }
table.report td.n { white-space: nowrap; }
table.report tr.section th { background: var(--band); font-weight: 600; padding-top: .6rem; }
table.report tr.section small { font-weight: 400; margin-left: .6rem; }
img.sheet { max-width: 100%; border-radius: 4px; } details { margin: 1rem 0; } summary { cursor: pointer; }
.bar { background: var(--band); width: 16rem; height: .7rem; }
.bar i { display: block; background: var(--bar); height: .7rem; }
.pairs { display: grid; grid-template-columns: repeat(4, 1fr); gap: .5rem; } .pairs img { width: 100%; display: block; }
"""

_INTERVALS = (
    "In small print: where 95 % of 1,000 bootstrap copies over people lie; for verification, 1.96 standard errors over "
    "the ten folds."
)


def write(
    path: Path, table: Table, *, facts: Sequence[str], notes: Sequence[str], parser: Table | None,
    sheet: Picture | None, encoder_parts: Sequence[str],
) -> None:  # fmt: skip
    """facts: what was measured and on what. notes: what was not, and why. encoder_parts: HTML of ``pages.body``."""
    parts = ["<h1>facelive: how alike, how exact</h1>", _list(facts), f"<div class=wide>{to_html(table)}</div>"]
    parts.append(f"<p><small>{_INTERVALS}</small></p>")
    if notes:
        parts.append(f"<h2>Not measured, or to know</h2>{_list(notes)}")
    if parser is not None:
        parts.append(f"<h2>The face parser, IoU</h2><div class=wide>{to_html(parser)}</div>")
    if sheet is not None:
        parts.append("<h2>Side by side</h2><p>Photo, then each method in the photo's view, in plain light.</p>")
        parts.append(f'<img class=sheet alt="photos beside renders" src="{inline(sheet)}">')
    inside = "\n".join(encoder_parts)
    parts.append(f"<h2>The encoder alone</h2><details><summary>All its figures</summary>{inside}</details>")
    head = f"<!doctype html><html lang=en><meta charset=utf-8><title>facelive report</title><style>{_STYLE}</style>"
    path.write_text("\n".join([head, *parts, "</html>\n"]), encoding="utf-8")


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(line)}</li>' for line in lines)}</ul>"


def inline(image: Picture) -> str:
    """A data URL (JPEG)."""
    _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    return f"data:image/jpeg;base64,{base64.b64encode(packed.tobytes()).decode()}"
