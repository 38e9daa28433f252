"""Who may talk to the page, and the slot between the live loop and the browser."""

from __future__ import annotations

import asyncio
import json
import threading

import numpy as np
import pytest
from starlette.websockets import WebSocketDisconnect

from facelive.app.page import avatars
from facelive.app.page.avatars import AvatarFiles
from facelive.app.page.guard import Guard, Message, Receive, Scope, Send
from facelive.app.page.hub import Hub
from facelive.app.page.latest import Latest
from facelive.rig.tiny import tiny_schema
from facelive.stream.layout import Layout
from facelive.stream.state import Avatar

PORT = 4711
TOKEN = "a-token"
GOOD = {"host": f"127.0.0.1:{PORT}"}


async def served(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"secret"})


def ask(headers: dict[str, str], query: str = f"token={TOKEN}", kind: str = "http") -> list[Message]:
    sent: list[Message] = []
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope: Scope = {"type": kind, "headers": raw, "query_string": query.encode(), "path": "/"}

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(Guard(served, port=PORT, token=TOKEN)(scope, receive, send))
    return sent


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}"])
def test_our_own_page_passes(host: str) -> None:
    start = ask({"host": host, "origin": f"http://{host.lower()}"})[0]
    assert start["status"] == 200
    headers = dict(start["headers"])
    assert TOKEN.encode() in headers[b"set-cookie"]
    assert b"SameSite=Strict" in headers[b"set-cookie"]
    assert b"default-src 'self'" in headers[b"content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "127.0.0.1"},
        {"host": "127.0.0.1:80"},
        {"host": f"evil.example:{PORT}"},
        {"host": f"127.0.0.1.evil.example:{PORT}"},
        {"host": f"192.168.1.5:{PORT}"},
        {**GOOD, "origin": "http://evil.example"},
        {**GOOD, "origin": "null"},
        {**GOOD, "origin": f"https://127.0.0.1:{PORT}"},
        {**GOOD, "origin": f"http://127.0.0.1:{PORT + 1}"},
        {**GOOD, "origin": ""},
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str], kind: str) -> None:
    sent = ask(headers, kind=kind)
    if kind == "http":
        assert sent[0]["status"] == 403
        assert b"secret" not in sent[1]["body"]
    else:
        assert [message["type"] for message in sent] == ["websocket.close"]


@pytest.mark.parametrize("query", ["", "token=", "token=wrong", f"token={TOKEN}x", f"tokens={TOKEN}", "token=%C3%A9"])
def test_the_token_is_needed(query: str) -> None:
    assert ask(GOOD, query)[0]["status"] == 403


def test_the_cookie_stands_for_the_token() -> None:
    assert ask({**GOOD, "cookie": f"a=b; facelive-{PORT}={TOKEN}"}, "")[0]["status"] == 200
    assert ask({**GOOD, "cookie": f"facelive-{PORT + 1}={TOKEN}"}, "")[0]["status"] == 403
    assert ask({**GOOD, "cookie": f"facelive-{PORT}=old; facelive-{PORT}={TOKEN}"}, "")[0]["status"] == 200
    assert ask({**GOOD, "cookie": "\x00;;==\x7f"}, "")[0]["status"] == 403


def test_latest_wins_and_nobody_waits() -> None:
    async def scenario() -> list[int]:
        slot: Latest[int] = Latest(asyncio.get_running_loop())
        slot.put(1)
        slot.put(2)
        number, value = await slot.after(0)
        assert (number, value) == (2, 2)
        timer = threading.Timer(0.02, slot.put, (3,))
        timer.start()
        late = await asyncio.wait_for(slot.after(number), 5)
        timer.join()
        return [value, late[1]]

    assert asyncio.run(scenario()) == [2, 3]


def test_many_puts_from_a_thread_reach_all_readers() -> None:
    async def read(slot: Latest[int]) -> int:
        seen, value = 0, 0
        while value < 2000:
            seen, value = await slot.after(seen)
        return value

    async def scenario() -> list[int]:
        slot: Latest[int] = Latest(asyncio.get_running_loop())

        def put_all() -> None:
            for i in range(1, 2001):
                slot.put(i)

        thread = threading.Thread(target=put_all)
        readers = [asyncio.ensure_future(read(slot)) for _ in range(3)]
        await asyncio.sleep(0)
        thread.start()
        done = await asyncio.wait_for(asyncio.gather(*readers), 20)
        thread.join()
        return list(done)

    assert asyncio.run(scenario()) == [2000, 2000, 2000]


def test_a_slot_outlives_its_loop() -> None:
    slots: list[Latest[int]] = []

    async def scenario() -> None:
        slots.append(Latest(asyncio.get_running_loop()))

    asyncio.run(scenario())
    slots[0].put(1)
    assert slots[0].newest == 1


def test_jpegs_are_small_and_whole() -> None:
    import cv2

    from facelive.app.page.hub import PICTURE_WIDTH, encode_jpeg

    image = np.zeros((480, 640, 3), np.uint8)
    image[:, 320:] = 255
    data = np.frombuffer(encode_jpeg(image), np.uint8)
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None
    assert decoded.shape == (240, PICTURE_WIDTH, 3)
    assert abs(int(decoded[100, 300, 0]) - 255) < 10


@pytest.mark.parametrize(
    "foreign", ['prefs={"theme":"dark"}', "flag", "a b=c", 'q="half', "name=J\xf6rg", "list=[1,2]", "=x", "a=b=c"]
)
def test_cookies_of_other_local_programs_do_not_matter(foreign: str) -> None:
    """All ports of a host share their cookies; a browser sends whatever another program has set."""
    assert ask({**GOOD, "cookie": f"{foreign}; facelive-{PORT}={TOKEN}"}, "")[0]["status"] == 200
    assert ask({**GOOD, "cookie": f"{foreign}; facelive-{PORT}={TOKEN}x"}, "")[0]["status"] == 403


class Reader:
    """A browser's socket that is open until it has read so much."""

    def __init__(self, wanted: int) -> None:
        self.texts: list[str] = []
        self._wanted, self._enough = wanted, asyncio.Event()

    async def accept(self) -> None: ...

    async def receive_text(self) -> str:
        await self._enough.wait()
        raise WebSocketDisconnect

    async def send_text(self, text: str) -> None:
        self.texts.append(text)
        if len(self.texts) == self._wanted:
            self._enough.set()


def test_a_page_opened_in_a_crowd_is_told_of_everybody_who_is_kept() -> None:
    async def play() -> list[str]:
        hub = Hub(asyncio.get_running_loop(), hello={})
        for face in range(100):
            hub.tell_all(f"avatar {face}", {"avatar": face})
        hub.forget("avatar 7")
        reader = Reader(wanted=100)
        await asyncio.wait_for(hub.serve(reader), 5.0)  # type: ignore[arg-type]
        return reader.texts

    told = [json.loads(text) for text in asyncio.run(play())]
    assert told == [{"hello": {}}, *({"avatar": face} for face in range(100) if face != 7)]


def test_in_a_crowd_the_main_faces_file_stays_and_who_is_dropped_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatars, "_PAUSE_S", 0.0)
    schema, gone = tiny_schema(), []

    async def play() -> list[bytes | None]:
        files = AvatarFiles(schema, lambda params, painted: b"glb", changed=lambda face, url: None, gone=gone.append)
        values = np.zeros(Layout(schema).avatar_count, np.float32)
        for face_id in range(40):
            files.offer(Avatar(face_id=face_id, revision=1, values=values))
            assert files._working is not None
            await files._working
        try:
            return [await files.file(f"{face_id}-1") for face_id in range(40)]
        finally:
            files.close()

    kept = asyncio.run(play())
    assert kept[0] == kept[39] == b"glb"
    assert [face_id for face_id, file in enumerate(kept) if file is None] == gone == list(range(1, 9))


def test_the_page_keeps_what_faces_are_drawn_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many revisions of one face must not throw away the only file of another: a page that is loaded anew wants it."""
    monkeypatch.setattr(avatars, "_PAUSE_S", 0.0)
    schema = tiny_schema()
    changes: list[str] = []

    async def play() -> list[bytes | None]:
        files = AvatarFiles(schema, lambda params, painted: b"glb", changed=lambda face, url: changes.append(url))
        values = np.zeros(Layout(schema).avatar_count, np.float32)
        for face_id, revision in [(0, 1), *((1, n) for n in range(1, 15))]:
            files.offer(Avatar(face_id=face_id, revision=revision, values=values))
            assert files._working is not None
            await files._working
        try:
            return [await files.file(name) for name in ("0-1", "1-14", "1-2")]
        finally:
            files.close()

    assert asyncio.run(play()) == [b"glb", b"glb", None]
    assert len(changes) == 15
