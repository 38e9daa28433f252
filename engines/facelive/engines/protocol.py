"""What every backend offers. numpy only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError

Array = NDArray[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class TensorSpec:
    """Name, shape and type of one input or output."""

    name: str
    shape: tuple[int | None, ...]
    """None where the size is free (the batch)."""
    dtype: np.dtype[Any]

    def check(self, array: Array) -> None:
        """Raises UsageError if the array's type or shape does not fit."""
        fits = len(array.shape) == len(self.shape) and all(
            want is None or want == have for want, have in zip(self.shape, array.shape, strict=True)
        )
        if not fits or array.dtype != self.dtype:
            raise UsageError(
                f"input {self.name!r} is {self.dtype} {_shape_text(self.shape)}, got {array.dtype} {tuple(array.shape)}"
            )


class Engine(Protocol):
    """A network that is ready to run. A context manager; not to be shared between threads."""

    @property
    def backend(self) -> str:
        """Name of the runtime: "openvino", "onnxruntime", ..."""
        ...

    @property
    def inputs(self) -> tuple[TensorSpec, ...]: ...

    @property
    def outputs(self) -> tuple[TensorSpec, ...]: ...

    @property
    def metadata(self) -> dict[str, str]:
        """The ONNX file's metadata: "facelive.schema", "facelive.version", ..."""
        ...

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """feeds: every input by name. Returns every output by name; the arrays are the caller's to keep.

        Raises UsageError if an input is missing or does not fit its specification.
        """
        ...

    def close(self) -> None:
        """Release the runtime's resources; may be called twice."""
        ...

    def __enter__(self) -> Engine: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class EngineBase:
    """The part that all backends share: specifications, metadata, checking what comes in."""

    backend = ""

    def __init__(
        self, inputs: tuple[TensorSpec, ...], outputs: tuple[TensorSpec, ...], metadata: dict[str, str]
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.metadata = metadata

    def check(self, feeds: Mapping[str, Array]) -> int:
        """The batch size of the feeds. Raises UsageError if they do not fit."""
        for spec in self.inputs:
            if spec.name not in feeds:
                raise UsageError(f"input {spec.name!r} is missing; this network takes {[s.name for s in self.inputs]}")
            spec.check(feeds[spec.name])
        return int(feeds[self.inputs[0].name].shape[0])

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        raise NotImplementedError

    def close(self) -> None:
        """Release the runtime's resources; may be called twice."""

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _shape_text(shape: tuple[int | None, ...]) -> str:
    return "(" + ", ".join("N" if size is None else str(size) for size in shape) + ")"
