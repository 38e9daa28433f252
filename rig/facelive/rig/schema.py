"""What the numbers of a character mean: ordered, named, grouped parameters with a hash.

A ``Schema`` is all that the other rooms know about a rig. They ask it for slices and names and never count.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError, SchemaError
from facelive.files import replacing

Group = Literal["identity", "style", "colour", "expression", "pose"]
Kind = Literal["continuous", "style", "colour"]
GROUPS: tuple[Group, ...] = get_args(Group)
KINDS: tuple[Kind, ...] = get_args(Kind)
FORMAT = "facelive-schema"
FORMAT_VERSION = 1

Vector = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """One named number of a character."""

    name: str
    """Unique in the schema. A style column is ``"hair:bob"``, a colour channel ``"skin:r"``."""
    group: Group
    """Which part of the character it belongs to; identity, style and colour stay, the others change per frame."""
    kind: Kind = "continuous"
    """``continuous``, one column of a one-hot ``style``, or one sRGB channel of a ``colour``."""
    minimum: float = 0.0
    maximum: float = 1.0
    neutral: float = 0.0
    """The value at rest. For identity it is the centre of real people, not the mesh's zero."""
    unit: str = ""
    """``"rad"``, ``"m"`` or empty."""
    member_of: str = ""
    """For styles and colours: the name of the style or colour (``"hair"``)."""

    def __post_init__(self) -> None:
        if not all(isinstance(text, str) for text in (self.name, self.unit, self.member_of)) or not self.name:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise SchemaError("a parameter needs a name, and its name, unit and member_of are text")
        if self.group not in GROUPS or self.kind not in KINDS:
            raise SchemaError(f"{self.name}: unknown group or kind ({self.group!r}, {self.kind!r})")
        numbers = (self.minimum, self.maximum, self.neutral)
        if not all(math.isfinite(number) for number in numbers):
            raise SchemaError(f"{self.name}: minimum, maximum and neutral must be finite")
        if not self.minimum <= self.neutral <= self.maximum or self.minimum == self.maximum:
            raise SchemaError(f"{self.name}: needs minimum <= neutral <= maximum and a range, got {numbers}")
        if (self.kind != "continuous") != bool(self.member_of):
            raise SchemaError(f"{self.name}: styles and colours, and only they, name what they are a member of")
        if self.kind not in ("continuous", self.group):
            raise SchemaError(f"{self.name}: a {self.kind} belongs to the group {self.kind!r}, not {self.group!r}")


@dataclass(frozen=True)
class Schema:
    """The ordered parameters of a rig.

    Raises SchemaError on repeated names, or when the columns of one style or colour are not neighbours.
    """

    name: str
    parameters: tuple[Parameter, ...]
    _index: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.parameters:
            raise SchemaError(f"schema {self.name!r} has no parameters")
        index = {parameter.name: i for i, parameter in enumerate(self.parameters)}
        if len(index) != len(self.parameters):
            raise SchemaError(f"schema {self.name!r} repeats a parameter name")
        members = [(p.kind, p.member_of) for p in self.parameters]
        runs = [of for i, of in enumerate(members) if of[1] and (i == 0 or members[i - 1] != of)]
        if apart := [name for name, count in Counter(runs).items() if count > 1]:
            kind, name = apart[0]
            raise SchemaError(f"schema {self.name!r}: the columns of the {kind} {name!r} must stand side by side")
        object.__setattr__(self, "_index", index)

    def __len__(self) -> int:
        return len(self.parameters)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """All names in order."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def minimum(self) -> Vector:
        """(P,) float32: the lowest value of each parameter."""
        return np.array([p.minimum for p in self.parameters], np.float32)

    @cached_property
    def maximum(self) -> Vector:
        """(P,) float32: the highest value of each parameter."""
        return np.array([p.maximum for p in self.parameters], np.float32)

    @cached_property
    def _neutral(self) -> Vector:
        values = np.array([p.neutral for p in self.parameters], np.float32)
        values.setflags(write=False)
        return values

    def neutral(self) -> Vector:
        """(P,) float32: a fresh vector of neutral values."""
        return self._neutral.copy()

    @cached_property
    def hash(self) -> int:
        """64 bits of the SHA-256 of the canonical JSON: two rigs share it only if every parameter is the same."""
        canonical = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return int.from_bytes(hashlib.sha256(canonical.encode()).digest()[:8], "little")

    def index(self, name: str) -> int:
        """Position of a name. Raises SchemaError if the schema has no such parameter."""
        try:
            return self._index[name]
        except KeyError:
            raise SchemaError(f"schema {self.name!r} has no parameter {name!r}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._index

    def indices(self, group: Group) -> NDArray[np.intp]:
        """Positions of a group's parameters, in order; empty if the rig has none."""
        return np.array([i for i, p in enumerate(self.parameters) if p.group == group], np.intp)

    def group_names(self, group: Group) -> tuple[str, ...]:
        """Names of a group's parameters, in order."""
        return tuple(p.name for p in self.parameters if p.group == group)

    def members(self, kind: Literal["style", "colour"]) -> dict[str, slice]:
        """Each style (or colour) by name, and the slice of the vector that holds its columns (or channels)."""
        found: dict[str, slice] = {}
        for i, parameter in enumerate(self.parameters):
            if parameter.kind == kind:
                start = found[parameter.member_of].start if parameter.member_of in found else i
                found[parameter.member_of] = slice(start, i + 1)
        return found

    @cached_property
    def styles(self) -> dict[str, slice]:
        """Each style and where its one-hot columns lie."""
        return self.members("style")

    @cached_property
    def style_columns(self) -> dict[str, slice]:
        """The same within the style group: ``vector[indices("style")][style_columns["hair"]]``."""
        place = {int(index): column for column, index in enumerate(self.indices("style"))}
        return {name: slice(place[where.start], place[where.stop - 1] + 1) for name, where in self.styles.items()}

    @cached_property
    def colours(self) -> dict[str, slice]:
        """Each colour and where its sRGB channels lie."""
        return self.members("colour")

    def options(self, style: str) -> tuple[str, ...]:
        """The choices of a style, without the prefix: ``options("hair") -> ("bald", ...)``."""
        if style not in self.styles:
            raise SchemaError(f"schema {self.name!r} has no style {style!r}")
        return tuple(name.partition(":")[2] or name for name in self.names[self.styles[style]])

    def to_dict(self, vector: Iterable[float]) -> dict[str, float]:
        """Names and values of a flat (P,) vector. Raises SchemaError if the length differs or a value is not finite."""
        values = self.check(vector)
        return {name: float(value) for name, value in zip(self.names, values, strict=True)}

    def to_vector(self, values: Mapping[str, float]) -> Vector:
        """(P,) float32 from names; what is left out stays neutral. Raises SchemaError on a foreign name or value."""
        vector = self.neutral()
        for name, value in values.items():
            try:
                vector[self.index(name)] = value
            except (TypeError, ValueError, OverflowError):
                raise SchemaError(f"{name}: {str(value)[:40]!r} is not a number") from None
        return self.check(vector)

    def check(self, vector: Iterable[float]) -> Vector:
        """The vector as (P,) float32. Raises SchemaError if its length differs or a value is not finite."""
        values = np.asarray(vector, np.float32)
        if values.shape != (len(self),):
            raise SchemaError(f"schema {self.name!r} has {len(self)} parameters, got an array of shape {values.shape}")
        if not np.isfinite(values).all():
            bad = self.names[int(np.flatnonzero(~np.isfinite(values))[0])]
            raise SchemaError(f"{bad} is not a finite number")
        return values

    def clip(self, vector: Iterable[float]) -> Vector:
        """(P,) float32 with every value in its range and every style a valid one-hot (the largest column wins)."""
        given = self.check(vector)
        values = np.clip(given, self.minimum, self.maximum)
        for where in self.styles.values():
            # Before the range is forced on them: logits lie outside of it, and would tie.
            chosen = int(np.argmax(given[where]))
            values[where] = 0.0
            values[where.start + chosen] = 1.0
        return values

    def to_json(self) -> dict[str, Any]:
        """The schema as plain JSON data. Fields at their default are left out."""
        rows: list[dict[str, Any]] = []
        for p in self.parameters:
            row: dict[str, Any] = {"name": p.name, "group": p.group}
            for key, default in (
                ("kind", "continuous"), ("minimum", 0.0), ("maximum", 1.0), ("neutral", 0.0), ("unit", ""),
                ("member_of", ""),
            ):  # fmt: skip
                value = getattr(p, key)
                if value != default:
                    row[key] = value
            rows.append(row)
        return {"format": FORMAT, "version": FORMAT_VERSION, "name": self.name, "parameters": rows}

    @classmethod
    def from_json(cls, data: object) -> Schema:
        """The inverse of ``to_json``. Raises SchemaError on anything that it would not write."""
        if not isinstance(data, dict):
            raise SchemaError("a schema is a JSON object")
        document = cast("dict[str, Any]", data)
        if document.get("format") != FORMAT:
            raise SchemaError(f"not a schema: its 'format' is not {FORMAT!r}")
        if document.get("version") != FORMAT_VERSION:
            raise SchemaError(f"schema version {document.get('version')!r} is not the {FORMAT_VERSION} read here")
        rows = document.get("parameters")
        if not isinstance(rows, list):
            raise SchemaError("a schema has a list 'parameters'")
        parameters: list[Parameter] = []
        for row in cast("list[Any]", rows):
            try:
                parameters.append(Parameter(**row))
            except TypeError as error:
                raise SchemaError(f"a parameter of the schema is malformed: {error}") from None
        return cls(str(document.get("name", "")), tuple(parameters))

    def save(self, path: Path) -> None:
        """Write the schema as JSON, atomically. Raises FileError if that is not possible."""
        try:
            with replacing(path) as temporary:
                temporary.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        except OSError as error:
            raise FileError(f"cannot write the schema {path}: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> Schema:
        """Read a schema. Raises FileError if the file cannot be read, SchemaError if it is not a schema."""
        try:
            data = json.loads(path.read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise FileError(f"cannot read the schema {path}: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise FileError(f"{path} is not JSON: {error}") from error
        return cls.from_json(data)
