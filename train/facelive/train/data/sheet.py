"""A sheet of samples from a rendered set: ``python -m facelive.train.data.sheet DATA -o sheet.png``."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facelive.errors import FileError
from facelive.train.common.command import as_command
from facelive.train.data.shards import ShardReader

_GREEN, _RED = (80, 220, 80), (60, 60, 230)


def sample_sheet(
    reader: ShardReader, columns: int = 10, rows: int = 6, tile: int = 160, landmarks: bool = False, seed: int = 0
) -> NDArray[np.uint8]:
    """(rows * tile, columns * tile, 3) uint8 BGR of pictures drawn from the whole set; negatives have a red frame."""
    count = min(columns * rows, len(reader))
    chosen = np.sort(np.random.default_rng(seed).choice(len(reader), count, replace=False))
    starts = np.cumsum([0, *reader.counts])
    images = reader.images
    present, points = reader.join("present"), reader.join("landmarks68")
    sheet = np.zeros((rows * tile, columns * tile, 3), np.uint8)
    for place, index in enumerate(chosen):
        block = int(np.searchsorted(starts, index, "right")) - 1
        picture = cv2.resize(np.array(images[block][index - starts[block]]), (tile, tile), interpolation=cv2.INTER_AREA)
        if landmarks and present[index]:
            for x, y in np.rint((points[index] + 0.5) * tile / 256 - 0.5).astype(int):
                cv2.circle(picture, (int(x), int(y)), 1, _GREEN, -1)
        if not present[index]:
            cv2.rectangle(picture, (0, 0), (tile - 1, tile - 1), _RED, 3)
        top, left = tile * (place // columns), tile * (place % columns)
        sheet[top : top + tile, left : left + tile] = picture
    return sheet


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=10)
    parser.add_argument("--rows", type=int, default=6)
    parser.add_argument("--landmarks", action="store_true")
    options = parser.parse_args()
    sheet = sample_sheet(ShardReader(options.data), options.columns, options.rows, landmarks=options.landmarks)
    if not cv2.imwrite(str(options.output), sheet):
        raise FileError(f"cannot write {options.output}")


if __name__ == "__main__":
    as_command(main)
