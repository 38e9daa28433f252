"""The networks of the live path, opened side by side: MediaPipe takes 1.4 s to import, the others are quick."""

from __future__ import annotations

from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from facelive.engines import open_engine
from facelive.rig.framing import Similarity
from facelive.rig.schema import Schema
from facelive.stream.encoder import Encoder, Observation
from facelive.stream.live_config import LiveConfig
from facelive.stream.mediapipe_landmarker import LandmarkerLoader
from facelive.stream.translator import Translator, open_translator
from facelive.stream.weights_folder import encoder_path

Picture = NDArray[np.uint8]


class Vision:
    """Encoder, finder and, where it fits, the translator. A context manager; nothing is loaded before ``open`` (the
    performance needs none of them)."""

    def __init__(self, config: LiveConfig, schema: Schema) -> None:
        self._config = config
        self._schema = schema
        self._loader: LandmarkerLoader | None = None
        self._encoder: Encoder | None = None
        self.translator: Translator | None = None
        """None before ``open``, and where there is none."""
        self.notice = ""
        """Why there is no translator, if one was wanted."""

    def open(self) -> None:
        """Load them and warm them up; nothing happens the second time. Raises WeightsError, SchemaError or
        EngineUnavailable."""
        if self._encoder is not None:
            return
        config = self._config
        path = encoder_path(config.encoder)
        self._loader = self._loader or LandmarkerLoader(config.landmarker, faces=config.tracker.faces)
        engine = open_engine(path, config.backend, config.threads, config.precision)
        try:
            encoder = Encoder(engine, self._schema)
            encoder.warm_up()
        except BaseException:
            engine.close()
            raise
        self._encoder = encoder
        if config.recognition:
            opened = open_translator(self._schema, config.translator, config.backend, config.threads, config.precision)
            self.translator, self.notice = opened.translator, opened.why_not

    def wait(self) -> None:
        """Until MediaPipe is there too. Raises what loading it raised."""
        if self._loader is not None:
            self._loader.get()

    def encode(self, image: Picture, similarity: Similarity, known_I: NDArray[np.float32] | None = None) -> Observation:
        """See ``Encoder.encode``."""
        assert self._encoder is not None, "open() comes first"
        return self._encoder.encode(image, similarity, known_I)

    def find(self, image: Picture, *, longest_side: int = 0) -> list[NDArray[np.float32]]:
        """See ``MediaPipeLandmarker.find``."""
        assert self._loader is not None, "open() comes first"
        return self._loader.get().find(image, longest_side=longest_side)

    def close(self) -> None:
        """Release them; may be called twice."""
        if self._loader is not None:
            self._loader.close()
            self._loader = None
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None
        if self.translator is not None:
            self.translator.close()
            self.translator = None

    def __enter__(self) -> Vision:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
