"""The ``facelive`` command: finds the command's file, reads its options, and turns errors into one line.

Only the file of the command that was typed is imported, so that start-up stays quick; each file has a frozen
dataclass of options and a function ``run(options) -> int``, and imports what it works with inside ``run``.
Exit status: 0 done, 2 a ``FaceliveError`` (one line on stderr), 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import errno
import faulthandler
import importlib
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from facelive.errors import FaceliveError

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130
_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO, errno.EFBIG,
                   errno.EEXIST, errno.ENOTDIR, errno.EISDIR})  # fmt: skip
"""What a disk may answer to anybody at any time: a line for the user, not a bug of ours."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """Where one command lives."""

    module: str
    """The module under ``facelive.app`` that has the options and ``run``."""
    options: str
    """The name of the options' dataclass in that module."""
    summary: str
    """One line for the list of commands."""


COMMANDS: dict[str, Command] = {
    "live": Command(module="live", options="Live", summary="a camera or clip in, parameters out (and a page: --view)"),
    "encode": Command(module="encode", options="Encode", summary="pictures in, one line of JSON per picture out"),
    "listen": Command(module="listen", options="Listen", summary="show the parameters that arrive"),
    "record": Command(module="record", options="Record", summary="write the parameter stream to a file"),
    "replay": Command(module="replay", options="Replay", summary="publish a recording again, or turn it into CSV"),
    "keys": Command(module="keys", options="Keys", summary="make CURVE keys for a stream that leaves this machine"),
    "fit": Command(module="fit", options="Fit", summary="photos in, a character out: parameters, GLB, a sheet"),
    "render": Command(module="render", options="Render", summary="draw faces from parameters"),
    "export": Command(module="export", options="Export", summary="write a character as GLB"),
    "dataset render": Command(module="dataset", options="DatasetRender", summary="draw training pictures"),
    "dataset plain": Command(module="dataset_plain", options="DatasetPlain", summary="draw pictures for an imitator"),
    "dataset import": Command(module="dataset_import", options="DatasetImport", summary="read a game's own pictures"),
    "dataset export": Command(module="dataset_export", options="DatasetExport", summary="write a set as pictures"),
    "train encoder": Command(module="train", options="TrainEncoder", summary="train the network"),
    "train parser": Command(module="train_parser", options="TrainParser", summary="train what tells parts of a face"),
    "train imitator": Command(module="train_imitator", options="TrainImitator", summary="train what draws like a game"),
    "train own-encoder": Command(
        module="train_own_encoder", options="TrainOwnEncoder", summary="train the network for your own character"
    ),
    "evaluate imitator": Command(
        module="evaluate_imitator", options="EvaluateImitator", summary="measure an imitator on unseen people"
    ),
    "evaluate": Command(module="evaluate", options="Evaluate", summary="measure the network"),
    "doctor": Command(module="doctor", options="Doctor", summary="look what is installed and tell how to mend it"),
}  # fmt: skip


def version() -> str:
    """The installed version, or a word that says it runs from an uninstalled source tree."""
    try:
        return installed_version("facelive")
    except PackageNotFoundError:
        return "(not installed)"


def overview() -> str:
    """The list of commands, as ``facelive --help`` prints it."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    head = f"facelive {version()}: your face drives a game character, live.\n\nusage: facelive COMMAND [OPTIONS]\n"
    return "\n".join([head, *lines, "", "facelive COMMAND --help tells its options. Start with: facelive live --view"])


def split_command(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The command's name (one or two words) and what follows. Raises LookupError if there is no such command."""
    for words in (2, 1):
        name = " ".join(arguments[:words])
        if name in COMMANDS:
            return name, list(arguments[words:])
    raise LookupError(arguments[0])


def dispatch(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; errors pass through."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(overview())
        return 0
    if arguments[0] in ("--version", "-V"):
        print(f"facelive {version()}")
        return 0
    try:
        name, rest = split_command(arguments)
    except LookupError:
        longer = [known for known in COMMANDS if known.startswith(f"{arguments[0]} ")]
        if longer and arguments[1:2] in (["-h"], ["--help"]):
            print("\n".join(f"facelive {known}: {COMMANDS[known].summary}" for known in longer))
            return 0
        hint = f"did you mean {' or '.join(repr(known) for known in longer)}?" if longer else "see facelive --help"
        print(f"facelive: no command {' '.join(arguments[:2])!r}: {hint}", file=sys.stderr)
        return EXIT_ERROR
    from facelive.app.options import read_options

    logging.basicConfig(level=logging.WARNING, format="facelive: %(message)s")
    command = COMMANDS[name]
    module = importlib.import_module(f"facelive.app.{command.module}")
    options = read_options(getattr(module, command.options), rest, f"facelive {name}")
    return int(module.run(options))


def keep_stderr_for_us() -> None:
    """Libraries in C (MediaPipe, FFmpeg, OpenCV, TensorFlow) chat on file descriptor 2; only our lines are for people.

    Python's ``sys.stderr`` keeps the real one. FACELIVE_NATIVE_LOG=1 leaves everything as it is, for bug reports.
    """
    if os.environ.get("FACELIVE_NATIVE_LOG") or sys.stderr is None:
        return
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    sys.stderr = open(kept, "w", encoding=sys.stderr.encoding, errors="backslashreplace", buffering=1)  # noqa: PTH123, SIM115
    faulthandler.enable(sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Entry point of the console script; returns the exit status. arguments: None takes the process's own."""
    if arguments is None:
        keep_stderr_for_us()
    try:
        status = dispatch(sys.argv[1:] if arguments is None else arguments)
        sys.stdout.flush()
        return status
    except FaceliveError as error:
        print(f"facelive: {' '.join(str(error).split())}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (``facelive encode ... | head``): end quietly, as other tools do.
        _forget_stdout()
        return 0
    except OSError as error:
        if error.errno not in _DISK:
            raise
        what = f"{error.filename}: " if error.filename else "cannot write: "
        print(f"facelive: {what}{error.strerror}", file=sys.stderr)
        _forget_stdout()
        return EXIT_ERROR


def _forget_stdout() -> None:
    """What is still to be written out goes nowhere, so that the interpreter's end does not complain a second time."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
