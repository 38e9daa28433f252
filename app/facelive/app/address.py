"""Options that all receiving commands share: which stream, and the keys to read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facelive.errors import UsageError
from facelive.stream.endpoints import DEFAULT_ADDRESS

if TYPE_CHECKING:
    from facelive.stream.keys import CurveClient, CurveServer


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamAddress:
    """Where a stream is read from."""

    address: str = DEFAULT_ADDRESS
    """The sender's data port, tcp://HOST:PORT."""
    server_key: Path | None = None
    """The sender's public key, if it speaks CURVE (facelive keys)."""
    key: Path | None = None
    """Your own secret key, if the sender lets in only whom it knows."""

    def curve(self) -> CurveClient | None:
        """The keys as the receiver wants them. Raises UsageError if only half of them is there."""
        if self.server_key is None:
            if self.key is not None:
                raise UsageError("--key needs --server-key as well: the sender's public key")
            return None
        from facelive.stream.keys import CurveClient

        return CurveClient(server=self.server_key, secret=self.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishAddress:
    """Where a stream is offered."""

    address: str = DEFAULT_ADDRESS
    """tcp://HOST:PORT; status and control take the two ports after it. Only loopback is safe without keys."""
    key: Path | None = None
    """Your own secret key: encrypt the stream (facelive keys)."""
    allowed: Path | None = None
    """A folder of public keys: let in only these receivers."""

    def curve(self) -> CurveServer | None:
        """The keys as the publisher wants them. Raises UsageError if only half of them is there."""
        if self.key is None:
            if self.allowed is not None:
                raise UsageError("--allowed needs --key as well: your own secret key")
            return None
        from facelive.stream.keys import CurveServer

        return CurveServer(secret=self.key, allowed=self.allowed)
