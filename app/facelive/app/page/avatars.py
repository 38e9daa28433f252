"""The GLB files that the page loads: one per avatar, made off the live loop, at most one at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from facelive.errors import FaceliveError
from facelive.rig.schema import Schema, Vector
from facelive.stream.layout import Layout
from facelive.stream.state import Avatar

logger = logging.getLogger("facelive.app")
Exporter = Callable[[Vector], bytes]
NEUTRAL = "neutral"
_KEPT = 8
_PAUSE_S = 1.5


class AvatarFiles:
    """Makes GLBs on one thread; while one is being made, only the newest avatar of each face waits."""

    def __init__(self, schema: Schema, export: Exporter, *, changed: Callable[[int, str], None]) -> None:
        """changed: called on the event loop with the face and the URL of its new GLB."""
        self._layout = Layout(schema)
        self._export = export
        self._changed = changed
        self._worker = ThreadPoolExecutor(1, "facelive-glb")
        self._files: dict[str, bytes] = {}
        self._waiting: dict[int, Avatar] = {}
        self._working: asyncio.Task[None] | None = None
        self._neutral: asyncio.Future[bytes] | None = None

    async def file(self, name: str) -> bytes | None:
        """The GLB of a name; None if there is none (any more)."""
        if name != NEUTRAL:
            return self._files.get(name)
        if self._neutral is None:
            loop = asyncio.get_running_loop()
            self._neutral = asyncio.ensure_future(
                loop.run_in_executor(self._worker, self._export, self._layout.schema.neutral())
            )
        return await asyncio.shield(self._neutral)

    def offer(self, avatar: Avatar) -> None:
        """An avatar that came over the stream. On the event loop only."""
        self._waiting.pop(avatar.face_id, None)
        self._waiting[avatar.face_id] = avatar
        if self._working is None or self._working.done():
            self._working = asyncio.ensure_future(self._work())

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            avatar = self._waiting.pop(next(iter(self._waiting)))
            name = f"{avatar.face_id}-{avatar.revision}"
            try:
                parameters = self._layout.schema.clip(self._layout.parameters(avatar=avatar))
                self._files[name] = await loop.run_in_executor(self._worker, self._export, parameters)
            except FaceliveError as error:
                logger.warning("no GLB for face %d: %s", avatar.face_id, error)
                continue
            while len(self._files) > _KEPT:
                del self._files[next(iter(self._files))]
            self._changed(avatar.face_id, f"/avatar/{name}.glb")
            await asyncio.sleep(_PAUSE_S)  # an identity that is still settling must not keep a core busy

    def close(self) -> None:
        """End the worker; a GLB that is being made is not waited for."""
        if self._working is not None:
            self._working.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)
