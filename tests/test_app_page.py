"""The page in a real browser: a mouth opens when jawOpen arrives, and foreign web sites stay out."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from browser import open_chromium
from conftest import ROOT, source_environment
from numpy.typing import NDArray

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

WAIT_S = 90.0
JAW = """
let opened = null;
window.facelive.actors.get(0).root.traverse((node) => {
  const column = node.morphTargetDictionary?.jawOpen;
  if (column !== undefined) opened = node.morphTargetInfluences[column];
});
return opened;
"""
FOREIGN_SOCKET = """
const done = arguments[arguments.length - 1];
const socket = new WebSocket(arguments[0]);
socket.onopen = () => done("open");
socket.onerror = () => done("refused");
"""


class Host:
    """The page in a process of its own (``page_host.py``)."""

    def __init__(self, home: Path) -> None:
        environment = source_environment(home)
        environment["PYTHONPATH"] += f":{ROOT / 'tests'}"
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "page_host.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env=environment, cwd=home,
        )  # fmt: skip
        self.url = self.read()

    def read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def say(self, line: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write((line if isinstance(line, str) else json.dumps(line)) + "\n")
        self._process.stdin.flush()

    def close(self) -> float:
        """Ends it; seconds that this took."""
        self.say("quit")
        started = time.monotonic()
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.communicate()
        return time.monotonic() - started


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    running = Host(tmp_path_factory.mktemp("page"))
    assert running.url.startswith("http://127.0.0.1:")
    yield running
    assert running.close() < 15.0
    assert running._process.returncode == 0


@pytest.fixture(scope="module")
def page(host: Host) -> Iterator[Chrome]:
    browser = open_chromium()
    try:
        browser.get(host.url)
        until(lambda: browser.execute_script("return window.facelive && window.facelive.loaded > 0"))
        yield browser
    finally:
        browser.quit()


def until(true: Callable[[], Any]) -> None:
    """Waits until something is true."""
    end = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def shot(browser: Chrome) -> NDArray[np.uint8]:
    """What the browser shows, after it has drawn everything that is there twice more."""
    worn = "return window.facelive.actors.get(0).worn"
    until(lambda: browser.execute_script(worn) == "/avatar/neutral-painted.glb")  # it replaces the plain head soon
    before = browser.execute_script("return window.facelive.drawn")

    def drawn() -> bool:
        return browser.execute_script("window.facelive.stage.dirty = true; return window.facelive.drawn") > before + 2

    until(drawn)
    image = cv2.imdecode(np.frombuffer(browser.get_screenshot_as_png(), np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image.astype(np.uint8)


def asked(host: Host, headers: dict[str, str], path: str | None = None) -> tuple[int, bytes]:
    """Status and body of a plain request."""
    parts = urlsplit(host.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request("GET", path or f"/?{parts.query}", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_foreign_requests_are_refused(host: Host) -> None:
    assert asked(host, {})[0] == 200
    assert asked(host, {"Host": "evil.example"})[0] == 403
    assert asked(host, {"Origin": "http://evil.example"})[0] == 403
    assert asked(host, {}, "/")[0] == 403
    assert asked(host, {}, "/avatar/neutral.glb")[0] == 403
    upgrade = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    query = urlsplit(host.url).query
    for path in (f"/stream?{query}", f"/_nicegui_ws/socket.io/?EIO=4&transport=websocket&{query}"):
        assert asked(host, {**upgrade, "Origin": "http://evil.example"}, path)[0] == 403
    assert asked(host, upgrade, "/stream")[0] == 403


def test_the_avatar_is_served(host: Host) -> None:
    query = urlsplit(host.url).query
    status, body = asked(host, {}, f"/avatar/neutral.glb?{query}")
    assert status == 200
    assert body[:4] == b"glTF"
    assert asked(host, {}, f"/avatar/../../etc/passwd.glb?{query}")[0] == 404
    assert asked(host, {}, f"/avatar/9-9.glb?{query}")[0] == 404


def test_the_mouth_opens(host: Host, page: Chrome) -> None:
    host.say({"jawOpen": 0.0})
    until(lambda: abs(page.execute_script(JAW)) < 0.02)
    closed = shot(page)
    host.say({"jawOpen": 1.0})
    until(lambda: page.execute_script(JAW) > 0.95)
    opened = shot(page)
    height, width = closed.shape[:2]
    changed = np.abs(opened.astype(int) - closed).max(2) > 25
    rows, columns = np.nonzero(changed[int(0.15 * height) : int(0.85 * height)])
    assert len(rows) > 2000, "the picture changes with the jaw"
    assert rows.mean() + 0.15 * height > 0.5 * height, "and it is the lower half that does"
    assert abs(columns.mean() - 0.5 * width) < 0.1 * width


def test_figures_and_state_are_shown(host: Host, page: Chrome) -> None:
    def status() -> str:
        return page.execute_script("return document.querySelector('.fl-status').innerText")

    until(lambda: "fps" in status() and "ms old" in status())
    assert "tracked" in status()
    for flags, word in ((2, "held"), (4, "face lost"), (1, "tracked")):
        host.say({"flags": flags})
        until(lambda word=word: word in status())


def test_why_nobody_is_there_is_said_and_stays(host: Host, page: Chrome) -> None:
    """A lost face is published all the while; the program's own word stands beside it."""
    host.say({"flags": 4, "state": "no camera"})
    word = "return document.querySelector('.fl-word').innerText"
    until(lambda: page.execute_script(word) == "no camera")
    seen = set()
    for _ in range(40):
        seen.add(page.execute_script(word))
        time.sleep(0.03)
    assert seen == {"no camera"}
    host.say({"flags": 1, "state": "tracked"})
    until(lambda: page.execute_script(word) == "tracked")


def test_several_faces_stand_side_by_side(host: Host, page: Chrome) -> None:
    places = "return [...window.facelive.actors.values()].map((actor) => actor.root.position.x)"
    host.say({"faces": 3})
    until(lambda: len(page.execute_script(places)) == 3)
    xs = page.execute_script(places)
    assert xs == sorted(xs)
    assert xs[1] == pytest.approx(0.0)
    host.say({"faces": 1})
    until(lambda: len(page.execute_script(places)) == 1)


def test_a_new_avatar_is_put_on(host: Host, page: Chrome) -> None:
    before = page.execute_script("return window.facelive.loaded")
    host.say("avatar")
    until(lambda: page.execute_script("return window.facelive.loaded") > before)
    assert page.execute_script("return window.facelive.actors.get(0).url") == "/avatar/0-1.glb"
    until(lambda: page.execute_script(JAW) is not None)


def test_the_camera_picture_comes_only_when_asked_for(host: Host, page: Chrome) -> None:
    source = "return document.querySelector('.fl-camera').getAttribute('src') ?? ''"
    assert page.execute_script(source) == ""
    page.execute_script("window.facelive.view.showCamera(true)")
    until(lambda: page.execute_script(source).startswith("blob:"))
    page.execute_script("window.facelive.view.showCamera(false)")
    until(lambda: page.execute_script(source) == "")


def test_buttons_steer_the_program(host: Host, page: Chrome) -> None:
    page.execute_script("document.querySelectorAll('.fl-bar .q-btn')[0].click()")
    assert host.read() == "calibrate"
    page.execute_script("document.querySelectorAll('.fl-bar .q-btn')[1].click()")
    assert host.read() == "mirror True"
    lit = "return document.querySelectorAll('.fl-bar .q-btn')[1].classList.contains('fl-on')"
    until(lambda: page.execute_script(lit))
    host.say({"mirror": False})  # a key, or another page
    until(lambda: not page.execute_script(lit))
    page.execute_script("document.querySelectorAll('.fl-bar .q-btn')[1].click()")
    assert host.read() == "mirror True"


def test_another_site_cannot_open_the_stream(host: Host, page: Chrome) -> None:
    parts = urlsplit(host.url)
    address = f"ws://{parts.netloc}/stream?{parts.query}"
    first = page.current_window_handle
    page.switch_to.new_window("tab")
    try:
        page.get("data:text/html,<title>evil</title>")
        until(lambda: page.title == "evil")
        assert page.execute_async_script(FOREIGN_SOCKET, address) == "refused"
    finally:
        page.close()
        page.switch_to.window(first)


def test_the_library_does_not_repeat_what_the_status_says(page: Chrome) -> None:
    """nicegui's own note of a lost connection: it is there, and stays out of sight whatever it says."""
    shown = (
        "const note = document.querySelector('#popup'); note.setAttribute('aria-hidden', 'false');"
        "const style = getComputedStyle(note).display; note.setAttribute('aria-hidden', 'true'); return style"
    )
    assert page.execute_script(shown) == "none"


def test_nothing_went_wrong_in_the_browser(page: Chrome) -> None:
    severe = [entry["message"] for entry in page.get_log("browser") if entry["level"] == "SEVERE"]
    assert [message for message in severe if "WebSocket" not in message and "data:" not in message] == []
