"""Running networks fast: one protocol, several backends, each imported only when it is asked for."""

from facelive.engines.manifest import verify
from facelive.engines.open import int8_twin, open_engine
from facelive.engines.protocol import Engine, TensorSpec

__all__ = ["Engine", "TensorSpec", "int8_twin", "open_engine", "verify"]
