"""A whole character as GLB: the head with everything that its parameters ask for."""

from __future__ import annotations

from collections.abc import Callable

from facelive.rig.head import Head
from facelive.rig.schema import Vector


def glb_exporter(head: Head) -> Callable[[Vector], bytes]:
    """Makes GLB bytes of (P,) vectors for one head."""
    from facelive.rig.glb import export_glb

    return lambda params_P: export_glb(head, params_P)
