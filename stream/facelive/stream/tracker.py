"""Follows faces from frame to frame: one warp and one network each; MediaPipe looks only when that is in doubt.

A face's crop comes from the encoder's own landmarks in the frame before. Doubt is: low presence, landmarks that do not
fit the parameters, a jump that no head makes, or some seconds without a look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.framing import Similarity
from facelive.stream.crop import CropBox
from facelive.stream.encoder import Observation
from facelive.stream.live_config import TrackerConfig

Picture = NDArray[np.uint8]
See = Callable[[Picture, Similarity, int | None], Observation]
"""(picture, crop, id of the face if it is followed already) -> what is seen there."""
_SAME_FACE = 0.35
"""Overlap of crops above which two of them are one face."""
_EAGER_NS = 1_000_000_000
"""For so long after the start or a loss MediaPipe looks at every frame."""
_DISAGREEMENT_EVERY = 8
"""The landmark check costs 0.1 ms: once in so many frames is enough."""
_RECENT_NS = 500_000_000
"""For so long MediaPipe's word stands against mild doubts: a look costs as much as five tracked frames."""
_NO_FACE = 0.4
"""Below this share of the least presence there is no face, whatever MediaPipe said just now."""


class Finder(Protocol):
    """What acquires faces; MediaPipe's landmarker does."""

    def find(self, image: Picture, *, longest_side: int = 0) -> list[NDArray[np.float32]]:
        """(68, 2) points of every face, the largest first."""
        ...


@dataclass(slots=True)
class Track:
    """One followed face."""

    face_id: int
    box: CropBox
    """Where it is expected in the next frame."""
    seen: Observation
    looked_ns: int
    """When MediaPipe last confirmed it."""
    frames: int = 0


class Tracker:
    """Owns the tracks. ``track`` gives what was seen of every face in a frame."""

    def __init__(
        self, config: TrackerConfig, finder: Finder, see: See, disagreement: Callable[[Observation], float]
    ) -> None:
        """see: cuts a crop and runs the encoder. disagreement: of an observation with itself, see ``Decoder``."""
        self._config = config
        self._finder = finder
        self._see = see
        self._disagreement = disagreement
        self._tracks: dict[int, Track] = {}
        self._lost_boxes: dict[int, tuple[CropBox, int]] = {}
        self._look_due_ns = 0
        self._eager_until_ns: int | None = None
        self.looks = 0
        """How often MediaPipe was asked."""

    @property
    def tracked(self) -> tuple[int, ...]:
        """Ids of the faces tracked now."""
        return tuple(self._tracks)

    def reset(self) -> None:
        """Forget everybody: the source has changed."""
        self._tracks.clear()
        self._lost_boxes.clear()
        self._look_due_ns = 0
        self._eager_until_ns = None

    def track(self, image: Picture, time_ns: int) -> dict[int, Observation]:
        """What was seen of each face, by id. time_ns: the source's own time, rising."""
        doubtful = [track for track in tuple(self._tracks.values()) if not self._follow(track, image, time_ns)]
        if doubtful or self._wants_look(time_ns):
            self._look(image, time_ns, doubtful)
        self._drop_doubles()
        if not self._tracks and self._eager_until_ns is None:
            self._eager_until_ns = time_ns + _EAGER_NS
        return {face_id: track.seen for face_id, track in self._tracks.items()}

    def _follow(self, track: Track, image: Picture, time_ns: int) -> bool:
        """See the face in its crop and aim at the next frame. False if MediaPipe should look."""
        track.seen = self._see(image, track.box.similarity(), track.face_id)
        track.frames += 1
        target = _box_of(track.seen)
        least = self._config.minimum_presence
        if target is None or track.seen.presence < _NO_FACE * least:
            return False
        height, width = image.shape[:2]
        if track.box.is_jump(target) or not target.inside(width, height):
            return False
        track.box = track.box.follow(target)
        since_ns = time_ns - track.looked_ns
        if since_ns < _RECENT_NS:
            return True
        if track.seen.presence < least or (self._config.recheck_s and since_ns > self._config.recheck_s * 1e9):
            return False
        check = track.frames % _DISAGREEMENT_EVERY == 0
        return not check or self._disagreement(track.seen) <= self._config.maximum_disagreement

    def _wants_look(self, time_ns: int) -> bool:
        """Whether to look for faces that are not tracked."""
        if len(self._tracks) >= self._config.faces:
            return False
        if not self._tracks and (self._eager_until_ns is None or time_ns < self._eager_until_ns):
            return True
        return time_ns >= self._look_due_ns

    def _look(self, image: Picture, time_ns: int, doubtful: list[Track]) -> None:
        """Let MediaPipe find faces; match them to the tracks, confirm, move or lose the doubtful, take in new ones."""
        self.looks += 1
        hz = self._config.more_hz if self._tracks else self._config.search_hz
        self._look_due_ns = time_ns + int(1e9 / hz)
        found = self._find(image)
        for track in self._matched(found, time_ns, image):
            doubtful = [other for other in doubtful if other is not track]
        for track in doubtful:
            self._keep_or_lose(track, time_ns)
        for box in found:
            if len(self._tracks) < self._config.faces:
                self._take_in(box, image, time_ns)

    def _find(self, image: Picture) -> list[CropBox]:
        boxes: list[CropBox] = []
        for points in self._finder.find(image, longest_side=self._config.search_side):
            try:
                boxes.append(CropBox.around(points))
            except UsageError:
                continue  # 68 points in one place are no face
        return boxes

    def _matched(self, found: list[CropBox], time_ns: int, image: Picture) -> list[Track]:
        """Pair tracks with found faces, best overlap first; takes the paired ones out of ``found``."""
        pairs = sorted(
            (
                (track.box.overlap(box), i, j)
                for i, track in enumerate(self._tracks.values())
                for j, box in enumerate(found)
            ),
            reverse=True,
        )
        tracks = list(self._tracks.values())
        used_tracks: set[int] = set()
        used_boxes: set[int] = set()
        for overlap, i, j in pairs:
            if overlap < _SAME_FACE or i in used_tracks or j in used_boxes:
                continue
            used_tracks.add(i)
            used_boxes.add(j)
            self._confirm(tracks[i], found[j], time_ns, image)
        found[:] = [box for j, box in enumerate(found) if j not in used_boxes]
        return [track for i, track in enumerate(tracks) if i in used_tracks and track.face_id in self._tracks]

    def _confirm(self, track: Track, box: CropBox, time_ns: int, image: Picture) -> None:
        """MediaPipe sees the face: if it sees it elsewhere than the encoder, its crop is taken and looked at again."""
        track.looked_ns = time_ns
        shift, zoom, turn = track.box.change(box)
        target = _box_of(track.seen)
        poor = target is None or track.seen.presence < self._config.minimum_presence or track.box.is_jump(target)
        if poor or shift > 0.2 or zoom > 0.3 or turn > 0.4:
            seen = self._see(image, box.similarity(), track.face_id)
            if seen.presence > track.seen.presence or poor:
                track.seen = seen
                track.box = _box_of(seen) or box

    def _keep_or_lose(self, track: Track, time_ns: int) -> None:
        """MediaPipe does not see the face. The encoder's word counts if it is sure (a hand before the mouth)."""
        target = _box_of(track.seen)
        sure = track.seen.presence >= self._config.minimum_presence and target is not None
        if sure and self._disagreement(track.seen) <= self._config.maximum_disagreement:
            # Look again soon, but not at every frame: a look costs as much as five tracked frames.
            track.looked_ns = time_ns - int((self._config.recheck_s - 1.0) * 1e9)
            return
        del self._tracks[track.face_id]
        self._lost_boxes[track.face_id] = (track.box, time_ns)
        if not self._tracks:
            self._eager_until_ns = time_ns + _EAGER_NS

    def _take_in(self, box: CropBox, image: Picture, time_ns: int) -> None:
        """A face that is not tracked yet; it must convince the encoder too."""
        if any(track.box.overlap(box) > _SAME_FACE for track in self._tracks.values()):
            return
        seen = self._see(image, box.similarity(), None)
        target = _box_of(seen)
        if target is None or seen.presence < self._config.minimum_presence or box.is_jump(target):
            return
        face_id = self._id_for(box)
        self._lost_boxes.pop(face_id, None)
        self._tracks[face_id] = Track(face_id, target, seen, looked_ns=time_ns)

    def _id_for(self, box: CropBox) -> int:
        """The id of the face that was lost nearest to here, else the lowest free one."""
        free = [face_id for face_id in range(self._config.faces) if face_id not in self._tracks]
        near = [(self._lost_boxes[f][0].change(box)[0], f) for f in free if f in self._lost_boxes]
        if near and min(near)[0] < 1.0:
            return min(near)[1]
        fresh = [face_id for face_id in free if face_id not in self._lost_boxes]
        if fresh:
            return fresh[0]
        return min(free, key=lambda face_id: self._lost_boxes[face_id][1])

    def _drop_doubles(self) -> None:
        """Two tracks on one face: the younger goes."""
        ids = list(self._tracks)
        for one in ids:
            for other in ids:
                pair = self._tracks.get(one), self._tracks.get(other)
                if one == other or pair[0] is None or pair[1] is None:
                    continue
                if pair[0].box.overlap(pair[1].box) > 0.6:
                    del self._tracks[min((one, other), key=lambda face_id: self._tracks[face_id].frames)]


def _box_of(seen: Observation) -> CropBox | None:
    """Where the seen landmarks say that the face is; None if they are no face's."""
    try:
        return CropBox.around(seen.landmarks_K2)
    except UsageError:
        return None
