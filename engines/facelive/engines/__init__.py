"""Running networks fast: one protocol, several backends, each imported only when it is asked for."""

from facelive.engines.manifest import verify
from facelive.engines.open import open_engine
from facelive.engines.protocol import Engine, TensorSpec

__all__ = ["Engine", "TensorSpec", "open_engine", "verify"]
