"""What browsers get: the newest frame when they ask, avatars and figures when they change, pictures by choice."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.websockets import WebSocket, WebSocketDisconnect

from facelive.app.page.latest import Latest
from facelive.stream.clock import now_ns

PICTURE_MAGIC = b"FLJP"
PICTURE_WIDTH = 320
PICTURES_PER_S = 12.0
_TEXTS_WAITING = 64
_MAXIMUM_TEXT = 1024


class Client:
    """One open page. It pulls frames and pictures; texts are pushed."""

    def __init__(self) -> None:
        self.wants_frame = asyncio.Event()
        self.wants_picture = asyncio.Event()
        self.texts: asyncio.Queue[str] = asyncio.Queue()

    def tell(self, text: str) -> None:
        """Queue a text; a page that reads none of sixty is stuck, and loses them."""
        if self.texts.qsize() < _TEXTS_WAITING:
            self.texts.put_nowait(text)


class Hub:
    """All open pages. Lives on the server's event loop; ``frames`` and ``pictures`` are fed from other threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, hello: dict[str, Any]) -> None:
        self.frames: Latest[bytes] = Latest(loop)
        self.pictures: Latest[NDArray[np.uint8]] = Latest(loop)
        self.clients: set[Client] = set()
        self._hello = hello
        self._standing: dict[str, str] = {}

    @property
    def watching(self) -> bool:
        """Whether somebody waits for a camera picture now."""
        return any(client.wants_picture.is_set() for client in tuple(self.clients))

    def tell_all(self, key: str, message: dict[str, Any]) -> None:
        """Tell every page, and every later one, the newest message of a key. On the event loop only."""
        text = json.dumps(message)
        self._standing[key] = text
        for client in self.clients:
            client.tell(text)

    def forget(self, key: str) -> None:
        """The message of a key no longer stands. On the event loop only."""
        self._standing.pop(key, None)

    async def serve(self, socket: WebSocket) -> None:
        """One page, until it leaves."""
        await socket.accept()
        client = Client()
        for text in (json.dumps({"hello": self._hello}), *self._standing.values()):
            client.texts.put_nowait(text)  # what stands is owed in full: a crowd's is more than may wait later
        self.clients.add(client)
        tasks = [
            asyncio.ensure_future(work)
            for work in (_read(socket, client), _push_texts(socket, client), self._push_frames(socket, client),
                         self._push_pictures(socket, client))
        ]  # fmt: skip
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.clients.discard(client)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _push_frames(self, socket: WebSocket, client: Client) -> None:
        seen = 0
        while True:
            await client.wants_frame.wait()
            seen, message = await self.frames.after(seen)
            client.wants_frame.clear()
            await _quietly(socket.send_bytes, message)

    async def _push_pictures(self, socket: WebSocket, client: Client) -> None:
        seen = self.pictures._newest[0]
        while True:
            await client.wants_picture.wait()
            seen, image = await self.pictures.after(seen)
            client.wants_picture.clear()
            jpeg = await asyncio.get_running_loop().run_in_executor(None, encode_jpeg, image)
            await _quietly(socket.send_bytes, PICTURE_MAGIC + jpeg)
            await asyncio.sleep(1.0 / PICTURES_PER_S)


async def _read(socket: WebSocket, client: Client) -> None:
    """What a page says: ``f``, ``p``: a frame, a picture, please; ``{"ping": ms}`` compares clocks; else ignored."""
    while True:
        try:
            text = await socket.receive_text()
        except (WebSocketDisconnect, KeyError):
            return  # gone, or it sends bytes, which no page of ours does
        if text == "f":
            client.wants_frame.set()
        elif text == "p":
            client.wants_picture.set()
        elif len(text) <= _MAXIMUM_TEXT:
            _answer_ping(text, client)


def _answer_ping(text: str, client: Client) -> None:
    try:
        ping = json.loads(text)["ping"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return
    if isinstance(ping, (int, float)):
        client.tell(json.dumps({"pong": ping, "clock_ms": now_ns() / 1e6}))


async def _push_texts(socket: WebSocket, client: Client) -> None:
    while True:
        await _quietly(socket.send_text, await client.texts.get())


async def _quietly(send: Callable[..., Awaitable[None]], data: bytes | str) -> None:
    """Send; a page that has just left ends its task, not the server."""
    try:
        await send(data)
    except (RuntimeError, OSError) as error:
        raise WebSocketDisconnect from error


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """A small JPEG of a BGR uint8 (H, W, 3) picture."""
    import cv2

    height = max(1, round(image.shape[0] * PICTURE_WIDTH / image.shape[1]))
    small = cv2.resize(image, (PICTURE_WIDTH, height), interpolation=cv2.INTER_AREA)
    return cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()
