"""What the page shows, in nicegui: the 3D view and a small bar of buttons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import nicegui
from nicegui import ui
from nicegui.element import Element

WEB = Path(__file__).parent / "web"
THREE = Path(str(nicegui.__file__)).parent / "elements" / "scene" / "dist"
SOCKET_PATH = "/stream"
NEUTRAL_URL = "/avatar/neutral.glb"
_FOLLOW_S = 1.0


class Steering(Protocol):
    """What the buttons do; every method may be called from the server's thread."""

    def calibrate(self) -> None: ...
    def set_mirror(self, mirror: bool) -> None: ...
    @property
    def mirrored(self) -> bool: ...


class AvatarView(
    Element,
    component=WEB / "avatar_view.js",
    esm={"nicegui-scene": str(THREE), "facelive-page": str(WEB)},
):
    """The 3D view; fills its parent."""

    def __init__(self) -> None:
        super().__init__()
        self._props["socket-path"] = SOCKET_PATH
        self._props["neutral-url"] = NEUTRAL_URL

    def show_camera(self, wanted: bool) -> None:
        """Show the camera picture in the corner, or take it away."""
        self.run_method("showCamera", wanted)

    def recentre(self) -> None:
        """The camera back to the front."""
        self.run_method("recentre")


def build(steering: Callable[[], Steering | None]) -> None:
    """The page. steering: the running pipeline's controls, None before it runs."""
    ui.page_title("facelive")
    ui.add_css((WEB / "page.css").read_text(encoding="utf-8"))
    view = AvatarView()

    def calibrate() -> None:
        control = steering()
        if control is not None:
            control.calibrate()

    def mirror(wanted: bool) -> None:
        control = steering()
        if control is not None:
            control.set_mirror(wanted)

    def mirrored() -> bool:
        control = steering()
        return control is not None and control.mirrored

    with ui.row().classes("fl-bar"):
        _button("face_retouching_natural", "Calibrate: look straight ahead with a relaxed face", calibrate)
        # A key, the control socket or another page may have turned it: the button follows what is.
        show = _toggle("flip", "Mirror left and right", mirror, now=mirrored)
        ui.timer(_FOLLOW_S, show)
        camera = _Switch(view.show_camera)
        _toggle("videocam", "Camera picture (stays on this machine)", camera.turn, now=lambda: camera.on)
        _button("center_focus_strong", "View from the front", view.recentre)


class _Switch:
    """Remembers which way it was turned."""

    def __init__(self, action: Callable[[bool], None]) -> None:
        self.on = False
        self._action = action

    def turn(self, on: bool) -> None:
        self.on = on
        self._action(on)


def _button(icon: str, tip: str, action: Callable[[], None]) -> None:
    with ui.button(icon=icon, on_click=lambda: action()).props("flat round dense color=grey-3"):
        ui.tooltip(tip)


def _toggle(
    icon: str, tip: str, action: Callable[[bool], None], *, now: Callable[[], bool]
) -> Callable[[], None]:  # fmt: skip
    """A button that is lit while ``now()``. Returns what brings its light up to date."""
    button = ui.button(icon=icon).props("flat round dense color=grey-3")

    def show() -> None:
        button.classes(add="fl-on") if now() else button.classes(remove="fl-on")

    def flip() -> None:
        action(not now())
        show()

    show()
    button.on_click(flip)
    with button:
        ui.tooltip(tip)
    return show
