"""Who may talk to the page: only a browser on this machine, at our own address, that knows this run's token.

A loopback port is within reach of every web site that the user has open: by requests across origins, by WebSockets
(which know no same-origin rule), and by DNS rebinding (a foreign name that resolves to 127.0.0.1). Hence, for every
request: the Host must be a loopback name with our port, an Origin must be our own, and the token must come along, at
first in the address that facelive prints, then in a cookie that only this host gets back.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = ("127.0.0.1", "localhost")
WEBSOCKET_POLICY_VIOLATION = 1008


class Guard:
    """ASGI middleware around everything the page serves."""

    def __init__(self, app: App, *, port: int, token: str) -> None:
        self._app = app
        self._token = token
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._cookie = f"facelive-{port}"
        sockets = " ".join(f"ws://{host}" for host in sorted(self._hosts))
        # Vue's templates are compiled in the browser, hence 'unsafe-eval'; nothing is ever loaded from elsewhere.
        self._policy = (
            "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; frame-ancestors 'none'; "
            f"connect-src 'self' data: blob: {sockets}"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {bytes(name).decode("latin-1"): bytes(value).decode("latin-1") for name, value in scope["headers"]}
        problem = self.problem(headers, str(scope.get("query_string", b""), "latin-1"))
        if problem:
            await _refuse(scope, receive, send, problem)
            return
        await self._app(scope, receive, self._with_headers(send))

    def problem(self, headers: dict[str, str], query: str) -> str:
        """Why a request is refused; empty if it is not. headers: names in lower case."""
        if headers.get("host", "").lower() not in self._hosts:
            return "this page answers only at its loopback address"
        if "origin" in headers and headers["origin"].lower() not in self._origins:
            return "another web site may not use this page"
        offered = [*parse_qs(query).get("token", []), *self._tokens_of(headers.get("cookie", ""))]
        if not any(secrets.compare_digest(token.encode(), self._token.encode()) for token in offered):
            return "open the address that facelive printed: it holds this run's token"
        return ""

    def _tokens_of(self, cookies: str) -> list[str]:
        """By hand: cookies are shared by all ports of a host, and http.cookies drops everything behind the first one
        that is to another local program's taste only."""
        pairs = (part.strip().partition("=") for part in cookies.split(";"))
        return [value for name, _, value in pairs if name == self._cookie]

    def _with_headers(self, send: Send) -> Send:
        cookie = f"{self._cookie}={self._token}; Path=/; HttpOnly; SameSite=Strict"
        extra = [
            (b"set-cookie", cookie.encode()),
            (b"content-security-policy", self._policy.encode()),
            (b"referrer-policy", b"no-referrer"),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *extra]
            await send(message)

        return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, problem: str) -> None:
    if scope["type"] == "websocket":
        await receive()  # the connect event; closing before accepting makes the handshake fail with 403
        await send({"type": "websocket.close", "code": WEBSOCKET_POLICY_VIOLATION, "reason": problem})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": f"{problem}\n".encode()})
