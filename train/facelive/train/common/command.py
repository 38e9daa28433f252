"""How `python -m facelive.train...` ends: as `facelive` does, with one line and status 2 for a user's error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from facelive.errors import FaceliveError

EXIT_ERROR, EXIT_INTERRUPTED = 2, 130


def as_command(main: Callable[[], None]) -> NoReturn:
    """Run ``main`` and leave the process."""
    try:
        main()
    except FaceliveError as error:
        print(f"facelive: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
    sys.exit(0)
