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
Exporter = Callable[[Vector, bool], bytes]
"""GLB bytes of (P,) parameters. False: quickly, without painted skin, for the first moments."""
NEUTRAL, PAINTED = "neutral", "neutral-painted"
_KEPT = 8
_FACES = 32
"""So many faces' files are kept at most: ids go up for ever in a crowd."""
MAIN = 0
"""The face that is always there (docs/wire.md)."""
_PAUSE_S = 1.5


class AvatarFiles:
    """Makes GLBs on one thread; while one is being made, only the newest avatar of each face waits."""

    def __init__(
        self, schema: Schema, export: Exporter, *, changed: Callable[[int | None, str], None],
        gone: Callable[[int], None] = lambda face_id: None,
    ) -> None:  # fmt: skip
        """changed: called on the event loop with the face (None: everybody unknown) and the URL of its new GLB.
        gone: with a face of whom nothing is kept any more."""
        self._layout = Layout(schema)
        self._export = export
        self._changed = changed
        self._gone = gone
        self._worker = ThreadPoolExecutor(1, "facelive-glb")
        self._files: dict[str, bytes] = {}
        self._newest: dict[int, str] = {}
        """Which file each face is drawn with, the longest unchanged first."""
        self._waiting: dict[int, Avatar] = {}
        self._working: asyncio.Task[None] | None = None
        self._neutral: asyncio.Future[bytes] | None = None

    async def file(self, name: str) -> bytes | None:
        """The GLB of a name; None if there is none (any more)."""
        if name != NEUTRAL:
            return self._files.get(name)
        if self._neutral is None:
            self._neutral = asyncio.ensure_future(self._made(self._layout.schema.neutral(), painted=False))
            self._start()
        return await asyncio.shield(self._neutral)

    def offer(self, avatar: Avatar) -> None:
        """An avatar that came over the stream. On the event loop only."""
        self._waiting.pop(avatar.face_id, None)
        self._waiting[avatar.face_id] = avatar
        self._start()

    async def _made(self, params_P: Vector, *, painted: bool) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._worker, self._export, params_P, painted)

    def _start(self) -> None:
        if self._working is None or self._working.done():
            self._working = asyncio.ensure_future(self._work())

    async def _work(self) -> None:
        if self._neutral is not None and PAINTED not in self._files and not self._waiting:
            await self._paint_neutral()
        while self._waiting:
            avatar = self._waiting.pop(next(iter(self._waiting)))
            name = f"{avatar.face_id}-{avatar.revision}"
            try:
                parameters = self._layout.schema.clip(self._layout.parameters(avatar=avatar))
                self._files[name] = await self._made(parameters, painted=True)
            except FaceliveError as error:
                logger.warning("no GLB for face %d: %s", avatar.face_id, error)
                continue
            self._newest.pop(avatar.face_id, None)
            self._newest[avatar.face_id] = name
            while len(self._files) > _KEPT and (old := self._superseded()) is not None:
                del self._files[old]
            self._changed(avatar.face_id, f"/avatar/{name}.glb")
            await asyncio.sleep(_PAUSE_S)  # an identity that is still settling must not keep a core busy

    def _superseded(self) -> str | None:
        """The oldest file that nobody is drawn with any more; beyond many faces, the oldest at all but the newest."""
        current = {PAINTED, *self._newest.values()}
        old = next((name for name in self._files if name not in current), None)
        if old is None and len(self._newest) > _FACES:
            # Never the main face: it is on stage whoever else comes and goes.
            face_id = next(face_id for face_id in self._newest if face_id != MAIN)
            old = self._newest.pop(face_id)
            self._gone(face_id)
        return old

    async def _paint_neutral(self) -> None:
        try:
            self._files[PAINTED] = await self._made(self._layout.schema.neutral(), painted=True)
            self._changed(None, f"/avatar/{PAINTED}.glb")
        except FaceliveError as error:
            logger.warning("no painted head: %s", error)

    def close(self) -> None:
        """End the worker; a GLB that is being made is not waited for."""
        if self._working is not None:
            self._working.cancel()
        self._worker.shutdown(wait=False, cancel_futures=True)
