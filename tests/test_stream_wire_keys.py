"""CURVE: what the key files look like, who gets in, and who does not."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest
from stream_wire import TINY, free_endpoints, tiny_frame, wait_until

from facelive.errors import FileError, UsageError
from facelive.stream.control_client import ControlClient
from facelive.stream.endpoints import Endpoints
from facelive.stream.keys import CurveClient, CurveServer, generate_keys, load_key
from facelive.stream.publisher import Publisher, PublisherConfig
from facelive.stream.receiver import Receiver


def receives(endpoints: Endpoints, curve: CurveClient | None, publisher: Publisher, wait_ms: int = 20_000) -> bool:
    """Whether a reader with these keys gets a frame and an answer."""
    with Receiver(endpoints=endpoints, curve=curve) as receiver:
        publisher.send(tiny_frame(0.5))
        frame = receiver.read_next(wait_ms)
    with ControlClient(endpoints=endpoints, curve=curve, timeout_ms=wait_ms) as client:
        try:
            answered = client.hello().schema_hash == TINY.hash
        except FileError:
            raise
        except Exception:  # noqa: BLE001 no answer, of whatever kind
            answered = False
    assert answered == (frame is not None)
    return answered


def test_key_files_are_private_and_never_overwritten(tmp_path: Path) -> None:
    files = generate_keys(tmp_path / "keys", "studio")
    assert (files.public.name, files.secret.name) == ("studio.key", "studio.key_secret")
    for path in (files.public, files.secret):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    public, secret = load_key(files.secret, secret=True)
    assert load_key(files.public, secret=False) == (public, None)
    assert secret is not None
    assert secret.decode() not in files.public.read_text(encoding="ascii")
    with pytest.raises(FileError, match="exists"):
        generate_keys(tmp_path / "keys", "studio")
    with pytest.raises(UsageError):
        generate_keys(tmp_path, "../studio")


def test_what_is_no_key_says_so(tmp_path: Path) -> None:
    files = generate_keys(tmp_path)
    with pytest.raises(FileError, match="key_secret"):
        load_key(files.public, secret=True)
    with pytest.raises(FileError, match="cannot read"):
        load_key(tmp_path / "none.key", secret=False)
    (tmp_path / "noise.key").write_bytes(b"\xff\xfe not a key")
    with pytest.raises(FileError, match="no key file"):
        load_key(tmp_path / "noise.key", secret=False)
    (tmp_path / "short.key").write_text('curve\n    public-key = "abc"\n', encoding="ascii")
    with pytest.raises(FileError, match="40 characters"):
        load_key(tmp_path / "short.key", secret=False)
    with pytest.raises(FileError, match=r"\*\.key files"):
        Publisher(
            TINY,
            PublisherConfig(curve=CurveServer(secret=files.secret, allowed=tmp_path / "empty")),
            endpoints=free_endpoints(),
        )


def test_only_who_knows_the_server_gets_in(tmp_path: Path) -> None:
    server = generate_keys(tmp_path / "server")
    stranger = generate_keys(tmp_path / "stranger")
    endpoints = free_endpoints()
    with Publisher(TINY, PublisherConfig(curve=CurveServer(secret=server.secret)), endpoints=endpoints) as publisher:
        assert receives(endpoints, CurveClient(server=server.public), publisher)
        assert not receives(endpoints, None, publisher, 250)
        assert not receives(endpoints, CurveClient(server=stranger.public), publisher, 250)


def test_only_listed_readers_get_in(tmp_path: Path) -> None:
    server = generate_keys(tmp_path / "server")
    friend = generate_keys(tmp_path / "friend", "friend")
    stranger = generate_keys(tmp_path / "stranger", "stranger")
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "friend.key").write_bytes(friend.public.read_bytes())
    endpoints = free_endpoints()
    before = set(threading.enumerate())
    curve = CurveServer(secret=server.secret, allowed=allowed)
    with Publisher(TINY, PublisherConfig(curve=curve), endpoints=endpoints) as publisher:
        assert receives(endpoints, CurveClient(server=server.public, secret=friend.secret), publisher)
        assert not receives(endpoints, CurveClient(server=server.public, secret=stranger.secret), publisher, 250)
        assert not receives(endpoints, CurveClient(server=server.public), publisher, 250)
    assert wait_until(lambda: set(threading.enumerate()) <= before)
