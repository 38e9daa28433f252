"""The built-in renderer. Names are looked up late, so that ``Scene`` and ``Picture`` come without numba."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facelive.rig.render.picture import Picture
    from facelive.rig.render.renderer import Renderer
    from facelive.rig.render.scene import Ambient, Camera, Gradient, Light, Scene

__all__ = ["Ambient", "Camera", "Gradient", "Light", "Picture", "Renderer", "Scene"]


def __getattr__(name: str) -> Any:
    import importlib

    if name not in __all__:
        raise AttributeError(f"facelive.rig.render has no {name!r}")
    module = {"Picture": "picture", "Renderer": "renderer"}.get(name, "scene")
    return getattr(importlib.import_module(f"facelive.rig.render.{module}"), name)
