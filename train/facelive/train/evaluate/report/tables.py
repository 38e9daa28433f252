"""One table: figures down, methods across. Plain values in; text, HTML and JSON out."""

from __future__ import annotations

import html
import math
from dataclasses import asdict, dataclass
from typing import Any

from facelive.train.evaluate.statistics import Interval

Value = float | int | str | Interval | None
"""None: not measured for this method. NaN: not measurable."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One figure of all methods."""

    key: str
    """Its name in the JSON."""
    title: str
    values: tuple[Value, ...]
    """One for each column."""
    beside: str = ""
    """What to hold it against: a ceiling, chance, another tool, a control."""
    share: bool = False
    """Show as per cent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """Rows that were measured on the same pictures."""

    title: str
    rows: tuple[Row, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A method on a set of pictures."""

    key: str
    title: str
    group: str
    """The set of pictures; neighbours of one group share a heading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Raises ValueError if a row has not one value for each column."""

    columns: tuple[Column, ...]
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        for section in self.sections:
            for row in section.rows:
                if len(row.values) != len(self.columns):
                    raise ValueError(f"{row.key} has {len(row.values)} values for {len(self.columns)} columns")


def show(value: Value, *, share: bool = False) -> str:
    """What a person reads: three digits, an interval as "12.3 (11.0 to 13.6)", a dash where nothing was measured."""
    if value is None:
        return "\N{EN DASH}"
    if isinstance(value, str):
        return value
    if isinstance(value, Interval):
        if math.isnan(value.value):
            return "not measurable"
        middle, low, high = (show(edge, share=share) for edge in (value.value, value.low, value.high))
        return middle if low == high else f"{middle} ({low} to {high})"
    if isinstance(value, float) and math.isnan(value):
        return "not measurable"
    if share:
        return f"{100.0 * value:.1f} %"
    return str(value) if isinstance(value, int) else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def to_html(table: Table) -> str:
    """A ``<table class=report>``; every text is escaped."""
    head = ["<tr><th></th>"]
    for group, width in _groups(table.columns):
        head.append(f"<th colspan={width} class=group>{html.escape(group)}</th>")
    head.append("<th></th></tr><tr><th></th>")
    head += [f"<th>{html.escape(column.title)}</th>" for column in table.columns]
    head.append("<th class=beside>beside</th></tr>")
    body: list[str] = []
    for section in table.sections:
        note = f" <small>{html.escape(section.note)}</small>" if section.note else ""
        wide = len(table.columns) + 2
        body.append(f"<tr class=section><th colspan={wide}>{html.escape(section.title)}{note}</th></tr>")
        body += [_html_row(row) for row in section.rows]
    return f"<table class=report><thead>{''.join(head)}</thead><tbody>{''.join(body)}</tbody></table>"


def _html_row(row: Row) -> str:
    cells = [f"<td class=n>{_html_value(value, row.share)}</td>" for value in row.values]
    return f"<tr><th>{html.escape(row.title)}</th>{''.join(cells)}<td class=beside>{html.escape(row.beside)}</td></tr>"


def _html_value(value: Value, share: bool) -> str:
    if isinstance(value, Interval) and not math.isnan(value.value):
        low, high = (show(edge, share=share) for edge in (value.low, value.high))
        small = "" if low == high else f"<br><small>{low} to {high}</small>"
        return f"{show(value.value, share=share)}{small}"
    return html.escape(show(value, share=share))


def to_text(table: Table) -> str:
    """For a terminal: columns of equal width."""
    lines: list[list[str]] = [["", *(column.title for column in table.columns), "beside"]]
    starts: dict[int, str] = {}
    for section in table.sections:
        starts[len(lines)] = section.title
        lines += [[row.title, *(show(v, share=row.share) for v in row.values), row.beside] for row in section.rows]
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    out: list[str] = []
    for number, line in enumerate(lines):
        if number in starts:
            out += ["", starts[number]]
        out.append("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())
    return "\n".join(out)


def to_json(table: Table) -> dict[str, Any]:
    """figure -> column -> value (an interval as value, low, high), with what stands beside it."""
    found: dict[str, Any] = {}
    for section in table.sections:
        for row in section.rows:
            values = {
                column.key: asdict(value) if isinstance(value, Interval) else value
                for column, value in zip(table.columns, row.values, strict=True)
                if value is not None
            }
            found[row.key] = values | ({"beside": row.beside} if row.beside else {})
    return found


def _groups(columns: tuple[Column, ...]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for column in columns:
        if found and found[-1][0] == column.group:
            found[-1] = (column.group, found[-1][1] + 1)
        else:
            found.append((column.group, 1))
    return found
