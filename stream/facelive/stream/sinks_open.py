"""Sinks for other programs, by a short address: ``vmc://127.0.0.1:39539?names=vrm0``."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl, urlsplit

from facelive.errors import UsageError
from facelive.stream.layout import Layout
from facelive.stream.sinks_worker import WorkerSink

KINDS = {
    "vmc": "vmc://host:39539?names=perfectsync|arkit|vrm0|vrm1&translation=0|1",
    "ifacialmocap": "ifacialmocap://host:49983",
    "livelinkface": "livelinkface://host:11111?subject=facelive",
    "vtube": "vtube://host:8001?token=FILE",
}
"""What can be written, by kind."""


def open_sink(address: str, layout: Layout) -> WorkerSink:
    """Open a sink; a missing host or port is the receiver's usual one. Raises UsageError that shows what to write."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "127.0.0.1", parts.port
        host.encode("idna")
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise UsageError(f"{address!r} is no address of a receiver: {error}") from None
    if parts.scheme not in KINDS or parts.path not in ("", "/"):
        raise UsageError(f"{address!r} is no address of a receiver; write {', or '.join(KINDS.values())}")
    allowed = {"vmc": {"names", "translation"}, "livelinkface": {"subject"}, "vtube": {"token"}}.get(
        parts.scheme, set()
    )
    if set(options) - allowed:
        raise UsageError(f"{address!r}: unknown option; write {KINDS[parts.scheme]}")
    return _open(parts.scheme, layout, host, port, options)


def _open(kind: str, layout: Layout, host: str, port: int | None, options: dict[str, str]) -> WorkerSink:
    if kind == "vmc":
        from facelive.stream.sinks_vmc import NAMES, PORT, Names, VmcSink

        wanted = options.get("names", "perfectsync")
        if wanted not in NAMES:
            raise UsageError(f"VMC names are one of {', '.join(NAMES)}")
        moved = options.get("translation", "0")
        if moved not in ("0", "1"):
            raise UsageError(f"translation is 0 or 1, not {moved!r}")
        return VmcSink(layout, host, port or PORT, names=cast("Names", wanted), translation=moved == "1")
    if kind == "ifacialmocap":
        from facelive.stream.sinks_ifacialmocap import PORT, IFacialMocapSink

        return IFacialMocapSink(layout, host, port or PORT)
    if kind == "livelinkface":
        from facelive.stream.sinks_livelinkface import PORT, LiveLinkFaceSink

        return LiveLinkFaceSink(layout, host, port or PORT, subject=options.get("subject", "facelive"))
    from facelive.stream.sinks_vtube import PORT, VTubeStudioSink

    token = options.get("token")
    return VTubeStudioSink(layout, host, port or PORT, token_file=Path(token) if token else None)
