"""Addresses: three ports of one stream, what counts as loopback, and binding with an error that names the fix."""

from __future__ import annotations

import errno
import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facelive.errors import PortError

if TYPE_CHECKING:
    import zmq

DEFAULT_PORT = 47800
DEFAULT_ADDRESS = f"tcp://127.0.0.1:{DEFAULT_PORT}"
_TCP = re.compile(r"tcp://(\[[^\]]+\]|[^:\[\]/]+):(\d{1,5})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    """Where a stream is reached: three ZeroMQ addresses."""

    data: str = DEFAULT_ADDRESS
    status: str = f"tcp://127.0.0.1:{DEFAULT_PORT + 1}"
    control: str = f"tcp://127.0.0.1:{DEFAULT_PORT + 2}"

    @classmethod
    def at(cls, address: str = DEFAULT_ADDRESS) -> Endpoints:
        """Of ``tcp://host:port``: port, port + 1, port + 2; of ``ipc://path``: path, path-status, path-control.

        Raises PortError if the address is neither.
        """
        if address.startswith("ipc://") and len(address) > len("ipc://"):
            return cls(data=address, status=f"{address}-status", control=f"{address}-control")
        match = _TCP.fullmatch(address)
        if match is None or not 1 <= int(match[2]) <= 65533:
            raise PortError(f"{address!r} is no stream address: write tcp://host:port (port <= 65533) or ipc://path")
        host, port = match[1], int(match[2])
        return cls(data=f"tcp://{host}:{port}", status=f"tcp://{host}:{port + 1}", control=f"tcp://{host}:{port + 2}")

    @property
    def loopback(self) -> bool:
        """Whether all three can only be reached from this machine."""
        return all(is_loopback(address) for address in (self.data, self.status, self.control))


def is_loopback(address: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if not address.startswith("tcp://"):
        return address.startswith(("ipc://", "inproc://"))
    match = _TCP.fullmatch(address)
    host = match[1].strip("[]") if match else ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bind(socket: zmq.Socket[Any], address: str) -> None:
    """Bind a socket. Raises PortError with a line that names the fix."""
    import zmq

    try:
        if "[" in address:
            socket.setsockopt(zmq.IPV6, 1)
        socket.bind(address)
    except zmq.ZMQError as error:
        raise PortError(_reason(address, error)) from error


def connect(socket: zmq.Socket[Any], address: str) -> None:
    """Connect a socket. Raises PortError if the address is not well-formed."""
    import zmq

    try:
        if "[" in address:
            socket.setsockopt(zmq.IPV6, 1)
        socket.connect(address)
    except zmq.ZMQError as error:
        raise PortError(f"cannot connect to {address}: {error.strerror}") from error


def connect_again(socket: zmq.Socket[Any], address: str) -> None:
    """Drop a connection and make it anew. libzmq connects again by itself after all but one kind of loss: a peer that
    breaks the protocol (or sends more than the limit) is left for good."""
    import zmq

    try:
        socket.disconnect(address)
    except zmq.ZMQError as error:
        if error.errno != errno.ENOENT:  # ENOENT: libzmq has dropped it already
            raise
    socket.connect(address)


def _reason(address: str, error: zmq.ZMQError) -> str:
    import zmq

    match error.errno:
        case zmq.EADDRINUSE:
            return f"{address} is taken: is another facelive running? End it or choose another port, for example " + (
                f"tcp://127.0.0.1:{DEFAULT_PORT + 20}"
            )
        case zmq.EADDRNOTAVAIL | errno.ENODEV:
            return f"{address} is no address of this machine: use 127.0.0.1, or 0.0.0.0 for all networks"
        case _:
            return f"cannot bind {address}: {error.strerror} (ports below 1024 need special rights)"
