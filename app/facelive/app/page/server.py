"""The page's server: nicegui and our WebSocket behind the guard, on a thread of its own, on loopback only."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facelive.app.page.avatars import AvatarFiles, Exporter
from facelive.app.page.hub import Hub
from facelive.errors import PortError, ProtocolError
from facelive.rig.schema import Schema
from facelive.stream.live_stats import LiveStats
from facelive.stream.messages import AVATAR_MAGIC, avatar_from_json, unseal
from facelive.stream.packet import FRAME_MAGIC

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from facelive.app.page.view import Steering

HOST = "127.0.0.1"
DEFAULT_PORT = 47810
_START_S = 20.0
_STOP_S = 2.0
_PATIENCE_S = 60.0


class Page:
    """A running page. ``feed`` is a tap for the publisher. nicegui allows one per process.

    Raises PortError if the port is taken.
    """

    def __init__(self, schema: Schema, export: Exporter, *, port: int = DEFAULT_PORT) -> None:
        """export: makes the GLBs, on a thread of the page. port: 0 takes any that is free."""
        self._schema = schema
        self._export = export
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        self._token = secrets.token_urlsafe(18)
        self.steering: Steering | None = None
        self._hub: Hub | None = None
        self._files: AvatarFiles | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._ready = threading.Event()
        self._closing = False
        self._early: list[bytes] = []
        self._opening = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="facelive-page", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """The address to open, with this run's token."""
        return f"http://{HOST}:{self.port}/?token={self._token}"

    def wait(self, timeout_s: float = _START_S) -> bool:
        """Whether the page answers, after waiting for it for so long."""
        return self._ready.wait(timeout_s)

    def feed(self, message: bytes, /) -> None:
        """A message that the stream sends; never waits. Frames replace each other, avatars become GLBs."""
        magic = message[:4]
        if self._hub is None:
            with self._opening:
                if self._hub is None:
                    self._early += [message] if magic == AVATAR_MAGIC else []
                    return
        hub = self._hub
        if self._closing:
            return
        if magic == FRAME_MAGIC:
            hub.frames.put(message)
        elif magic == AVATAR_MAGIC:
            self._soon(self._offer, message)

    def show_stats(self, stats: LiveStats) -> None:
        """Figures for the page; never waits."""
        message = {"stats": {"state": stats.state, "notice": stats.notice, "source": stats.source}}
        self._soon(self._tell, "stats", message)

    def show_picture(self, image: NDArray[np.uint8]) -> None:
        """The frame that was just worked on (BGR uint8 HWC); copied only if somebody watches."""
        hub = self._hub
        if hub is not None and hub.watching:
            hub.pictures.put(image.copy())

    def close(self) -> None:
        """End the server and its thread; may be called twice."""
        self._closing = True
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join(_STOP_S / 2)
            self._server.force_exit = True
        self._thread.join(_STOP_S)
        self._socket.close()

    def __enter__(self) -> Page:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        import uvicorn

        config = uvicorn.Config(
            self._application(), log_config=None, access_log=False, ws="websockets-sansio", ws_max_size=1 << 16,
            ws_ping_interval=None, timeout_graceful_shutdown=1, lifespan="on",
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        if self._closing:
            return
        self._server.run(sockets=[self._socket])

    def _application(self) -> Any:
        """The ASGI application: guard, then our routes, then nicegui for the rest."""
        from contextlib import asynccontextmanager

        from fastapi import FastAPI
        from nicegui import ui

        from facelive.app.page.guard import Guard

        logging.getLogger("nicegui").setLevel(logging.ERROR)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            self._open()
            yield
            if self._files is not None:
                self._files.close()

        app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None)
        self._add_routes(app)

        from facelive.app.page.view import build  # registers our component before the first page is built

        @ui.page("/", title="facelive")
        def front() -> None:
            build(lambda: self.steering)

        ui.run_with(
            app, title="facelive", dark=True, tailwind=False, binding_refresh_interval=None, favicon="🙂",
            # A browser that is busy for some seconds (a slow machine, a large head) must not be sent a new page.
            reconnect_timeout=_PATIENCE_S,
            show_welcome_message=False, cache_control_directives="no-cache",
        )  # fmt: skip
        return Guard(app, port=self.port, token=self._token)

    def _add_routes(self, app: FastAPI) -> None:
        from starlette.responses import Response
        from starlette.routing import Route, WebSocketRoute
        from starlette.websockets import WebSocket

        async def stream(websocket: WebSocket) -> None:
            if self._hub is not None:
                await self._hub.serve(websocket)

        async def avatar(request: Any) -> Response:
            data = await self._files.file(request.path_params["name"]) if self._files is not None else None
            if data is None:
                return Response("no such avatar\n", 404)
            return Response(data, media_type="model/gltf-binary", headers={"cache-control": "no-store"})

        app.router.routes.append(WebSocketRoute("/stream", stream))
        app.router.routes.append(Route("/avatar/{name:str}.glb", avatar))

    def _open(self) -> None:
        """On the event loop, before the first request."""
        self._loop = asyncio.get_running_loop()
        self._files = AvatarFiles(self._schema, self._export, changed=self._avatar_changed, gone=self._avatar_gone)
        hello = {"expression": list(self._schema.group_names("expression")), "rig": self._schema.name}
        with self._opening:
            self._hub = Hub(self._loop, hello=hello)
        for message in self._early:
            self._offer(message)
        self._early.clear()
        self._ready.set()

    def _soon(self, function: Any, *arguments: Any) -> None:
        if self._loop is not None and not self._closing and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    def _offer(self, message: bytes) -> None:
        if self._files is None:
            return
        try:
            avatar = avatar_from_json(unseal(message)[1])
        except ProtocolError:
            logging.getLogger("facelive.app").exception("the stream sent an avatar that cannot be read")
            return
        self._files.offer(avatar)

    def _avatar_changed(self, face_id: int | None, url: str) -> None:
        self._tell(f"avatar {face_id}", {"avatar": {"face_id": face_id, "url": url}})

    def _avatar_gone(self, face_id: int) -> None:
        if self._hub is not None:
            self._hub.forget(f"avatar {face_id}")

    def _tell(self, key: str, message: dict[str, Any]) -> None:
        if self._hub is not None:
            self._hub.tell_all(key, message)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(16)
    except (OSError, OverflowError) as error:
        listener.close()
        raise PortError(f"the page cannot have port {port}: {error}; give another with --view-port") from error
    return listener
