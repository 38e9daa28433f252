"""VTube Studio over its public WebSocket API: Live2D characters.

The first time VTube Studio asks its user to allow the plug-in; the token is kept, readable by its owner only.
Source: github.com/DenchiSoft/VTubeStudio. Its default parameters are injected; nothing has to be created.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from math import degrees
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facelive.errors import UsageError
from facelive.stream.frame import Face, Frame
from facelive.stream.layout import Layout
from facelive.stream.rotation import angles
from facelive.stream.sinks_worker import WorkerSink

if TYPE_CHECKING:
    import aiohttp

logger = logging.getLogger("facelive.stream")
PORT = 8001
_PLUGIN = {"pluginName": "facelive", "pluginDeveloper": "facelive"}
_RETRY_S = 2.0
_REPLY_S = 2.0
_CONSENT_S = 60.0
_MAXIMUM_TOKEN = 64
_TOKEN_DENIED = 50
"""Its error number for a user who clicked "Deny"."""


class Refused(Exception):
    """VTube Studio said no; the text says why."""


class Denied(Refused):
    """Its user said no."""


class VTubeStudioSink(WorkerSink):
    """Injects the main person into VTube Studio; connects by itself and again whenever it went away."""

    name = "vtube"

    def __init__(
        self, layout: Layout, host: str = "127.0.0.1", port: int = PORT, *, token_file: Path | None = None
    ) -> None:
        """token_file: where the permission is kept; None is the user's configuration folder. Raises UsageError."""
        super().__init__(layout)
        if not 1 <= port <= 65535:
            raise UsageError(f"{port} is no port")
        self._url = f"ws://{f'[{host}]' if ':' in host else host}:{port}"
        self._token_file = token_file or _default_token_file()
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        self._socket: Any = None
        self._told = ""
        self._next_try = 0.0
        self._denied = False
        self.start()

    def deliver(self, frame: Frame, face: Face) -> bool:
        return self._loop.run_until_complete(self._deliver(face))

    def release(self) -> None:
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._disconnect())
            self._loop.close()

    def parameters(self, face: Face) -> dict[str, float]:
        """VTube Studio's default parameters of a face: degrees, 0 .. 1, gaze -1 .. 1."""
        w = {name: float(face.weights[i]) for name, i in self.layout.index.items()}

        def mean(*names: str) -> float:
            return sum(w.get(name, 0.0) for name in names) / len(names)

        yaw, pitch, roll = (degrees(angle) for angle in angles(face.rotation))
        left_yaw, left_pitch, right_yaw, right_pitch = face.gaze
        raised_left = 0.5 + 0.5 * (mean("browOuterUpLeft", "browInnerUp") - w.get("browDownLeft", 0.0))
        raised_right = 0.5 + 0.5 * (mean("browOuterUpRight", "browInnerUp") - w.get("browDownRight", 0.0))
        smile = mean("mouthSmileLeft", "mouthSmileRight") - mean("mouthFrownLeft", "mouthFrownRight")
        return {
            "FaceAngleX": _clip(-yaw, 90), "FaceAngleY": _clip(-pitch, 90), "FaceAngleZ": _clip(roll, 90),
            "FacePositionX": _clip(-10 * face.translation[0], 15), "FacePositionY": _clip(10 * face.translation[1], 15),
            "MouthOpen": w.get("jawOpen", 0.0), "MouthSmile": 0.5 + 0.5 * smile,
            "MouthX": w.get("mouthLeft", 0.0) - w.get("mouthRight", 0.0),
            "EyeOpenLeft": 1.0 - w.get("eyeBlinkLeft", 0.0), "EyeOpenRight": 1.0 - w.get("eyeBlinkRight", 0.0),
            "EyeLeftX": _clip(-left_yaw / 0.6, 1), "EyeLeftY": _clip(-left_pitch / 0.5, 1),
            "EyeRightX": _clip(-right_yaw / 0.6, 1), "EyeRightY": _clip(-right_pitch / 0.5, 1),
            "BrowLeftY": raised_left, "BrowRightY": raised_right, "Brows": (raised_left + raised_right) / 2,
            "CheekPuff": w.get("cheekPuff", 0.0), "TongueOut": w.get("tongueOut", 0.0),
            "FaceAngry": mean("browDownLeft", "browDownRight"),
        }  # fmt: skip

    async def _deliver(self, face: Face) -> bool:
        import aiohttp

        try:
            if self._socket is None and not await self._connect():
                return False
            values = [{"id": name, "value": round(value, 4)} for name, value in self.parameters(face).items()]
            await self._ask("InjectParameterDataRequest", {
                "faceFound": not face.lost, "mode": "set", "parameterValues": values,
            })  # fmt: skip
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError, Refused) as error:
            self._denied = isinstance(error, Denied)
            await self._disconnect()
            self._next_try = self._loop.time() + _RETRY_S
            self._tell(f"VTube Studio: {error or type(error).__name__}")
            return False
        self._told = ""
        return True

    async def _connect(self) -> bool:
        """Open and authenticate; not more often than every two seconds, and never again once its user said no."""
        import aiohttp

        if self._denied or self._loop.time() < self._next_try or self._stop.is_set():
            return False
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_REPLY_S))
        self._socket = await self._session.ws_connect(self._url, max_msg_size=1 << 20)
        token = _read_token(self._token_file)
        if token and await self._authenticate(token):
            return True
        answer = await self._ask("AuthenticationTokenRequest", dict(_PLUGIN), timeout_s=_CONSENT_S)
        token = str(answer.get("authenticationToken", ""))
        if not 0 < len(token) <= _MAXIMUM_TOKEN or not await self._authenticate(token):
            raise Refused("it did not accept its own token")
        _write_token(self._token_file, token)
        return True

    async def _authenticate(self, token: str) -> bool:
        answer = await self._ask("AuthenticationRequest", {**_PLUGIN, "authenticationToken": token})
        return answer.get("authenticated") is True

    async def _ask(self, kind: str, data: dict[str, Any], timeout_s: float = _REPLY_S) -> dict[str, Any]:
        """One question and its answer. Raises Refused on an error of the API, TimeoutError without an answer."""
        if self._socket is None:
            raise Refused("not connected")
        head = {"apiName": "VTubeStudioPublicAPI", "apiVersion": "1.0", "requestID": "facelive", "messageType": kind}
        await self._socket.send_str(json.dumps({**head, "data": data}))
        reply = await self._receive(timeout_s)
        answer = reply.get("data")
        if not isinstance(answer, dict):
            raise Refused("an answer without data")
        if reply.get("messageType") == "APIError":
            if kind == "AuthenticationTokenRequest" and answer.get("errorID") == _TOKEN_DENIED:
                raise Denied("the plug-in was denied there; start facelive again to be asked anew")
            raise Refused(str(answer.get("message", "refused"))[:200])
        return answer

    async def _receive(self, timeout_s: float) -> dict[str, Any]:
        """The next answer; gives up soon when the sink is closed meanwhile."""
        import aiohttp

        if self._socket is None:
            raise Refused("not connected")
        deadline = self._loop.time() + timeout_s
        waiting = asyncio.ensure_future(self._socket.receive())
        while not waiting.done() and self._loop.time() < deadline and not self._stop.is_set():
            await asyncio.wait((waiting,), timeout=0.1)
        if not waiting.done():
            waiting.cancel()
            raise Refused("no answer (allow the plug-in in VTube Studio)")
        message = waiting.result()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise Refused("the connection was closed")
        try:
            reply = json.loads(message.data)
        except ValueError:
            raise Refused("an answer that is not JSON") from None
        if not isinstance(reply, dict):
            raise Refused("an answer that is no object")
        return reply

    async def _disconnect(self) -> None:
        session, self._session, self._socket = self._session, None, None
        if session is not None:
            await session.close()

    def _tell(self, line: str) -> None:
        if line != self._told:
            logger.warning("%s", line)
            self._told = line


def _clip(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)


def _default_token_file() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or os.environ.get("APPDATA") or str(Path.home() / ".config")
    return Path(base) / "facelive" / "vtube-studio-token"


def _read_token(path: Path) -> str:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return token if len(token) <= _MAXIMUM_TOKEN else ""


def _write_token(path: Path, token: str) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(token + "\n")
    except OSError as error:
        logger.warning("VTube Studio: the permission cannot be kept in %s: %s", path, error.strerror)
