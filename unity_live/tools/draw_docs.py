"""Draws the pictures of ``Documentation~``; nothing in them comes out of Unity.

    PYTHONPATH=rig:tests python unity_live/tools/draw_docs.py      (needs mono for the heads)

``data-flow.svg``: what passes through what. ``built-in-head.png``: the meshes, paint and materials that the package's
C# code makes (run on mono against the stubs of the tests), drawn by a small rasteriser here: plain diffuse light, back
faces culled, strands cut out as the materials say. Unity's light will look different; the shapes will not.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facelive.rig.render.raster import jit

TARGET = Path(__file__).resolve().parents[1] / "Packages/com.facelive.live/Documentation~"
SIDE, SAMPLES, DISTANCE_M, FOCAL = 330, 3, 0.95, 2.75
F32 = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One submesh with its material, in the head frame."""

    points_V3: F32
    normals_V3: F32
    uv_V2: F32
    triangles_T3: NDArray[np.int32]
    colour_4: F32
    cut_off: float
    texture_HW4: NDArray[np.uint8]


def read_scene(path: Path) -> list[Piece]:
    """What the runner's command ``scene`` wrote."""
    data, at = path.read_bytes(), 0
    mirror = np.array([-1, 1, 1], np.float32)

    def take(count: int, kind: str) -> NDArray[Any]:
        nonlocal at
        array = np.frombuffer(data, kind, count, at)
        at += array.nbytes
        return array

    pieces: list[Piece] = []
    while at < len(data):
        count = int(take(1, "<i4")[0])
        points, normals = (take(3 * count, "<f4").reshape(-1, 3) * mirror for _ in range(2))
        uv = take(2 * count, "<f4").reshape(-1, 2)
        corners = take(int(take(1, "<i4")[0]), "<i4").reshape(-1, 3)
        colour, cut_off = take(4, "<f4"), float(take(1, "<f4")[0])
        width, height = (int(n) for n in take(2, "<i4"))
        texture = take(4 * width * height, "u1").reshape(height, width, 4)
        if not width:
            texture = np.full((1, 1, 4), 255, np.uint8)
        pieces.append(
            Piece(
                points_V3=points,
                normals_V3=normals,
                uv_V2=uv,
                triangles_T3=np.ascontiguousarray(corners[:, ::-1]),
                colour_4=colour,
                cut_off=cut_off,
                texture_HW4=texture,
            )
        )
    return pieces


@jit
def _draw(
    flat_V3: Any, normals_V3: Any, uv_V2: Any, triangles_T3: Any, colour_4: Any, cut_off: Any, texture: Any,
    depth: Any, out: Any,
) -> None:  # fmt: skip
    height, width = texture.shape[0], texture.shape[1]
    for t in range(triangles_T3.shape[0]):
        a, b, c = triangles_T3[t, 0], triangles_T3[t, 1], triangles_T3[t, 2]
        ax, ay, bx, by, cx, cy = (
            flat_V3[a, 0], flat_V3[a, 1], flat_V3[b, 0], flat_V3[b, 1], flat_V3[c, 0], flat_V3[c, 1],
        )  # fmt: skip
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area >= -1e-9:  # y runs down: the front is negative
            continue
        for y in range(max(0, int(min(ay, by, cy))), min(out.shape[0] - 1, int(max(ay, by, cy)) + 1) + 1):
            for x in range(max(0, int(min(ax, bx, cx))), min(out.shape[1] - 1, int(max(ax, bx, cx)) + 1) + 1):
                p = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
                q = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
                r = 1.0 - p - q
                if p < 0.0 or q < 0.0 or r < 0.0:
                    continue
                w = p * flat_V3[a, 2] + q * flat_V3[b, 2] + r * flat_V3[c, 2]
                if w <= depth[y, x]:
                    continue
                u = p * uv_V2[a, 0] + q * uv_V2[b, 0] + r * uv_V2[c, 0]
                v = p * uv_V2[a, 1] + q * uv_V2[b, 1] + r * uv_V2[c, 1]
                texel = texture[int((v - math.floor(v)) * height) % height, int((u - math.floor(u)) * width) % width]
                if texel[3] < 255.0 * cut_off:
                    continue
                nx = p * normals_V3[a, 0] + q * normals_V3[b, 0] + r * normals_V3[c, 0]
                ny = p * normals_V3[a, 1] + q * normals_V3[b, 1] + r * normals_V3[c, 1]
                nz = p * normals_V3[a, 2] + q * normals_V3[b, 2] + r * normals_V3[c, 2]
                n = 1.0 / math.sqrt(nx * nx + ny * ny + nz * nz + 1e-12)
                key = max(0.0, (0.45 * nx + 0.55 * ny + 0.70 * nz) * n)
                fill = max(0.0, (-0.8 * nx + 0.1 * ny + 0.55 * nz) * n)
                light = 0.34 + 0.62 * key + 0.22 * fill
                alpha = colour_4[3]
                for k in range(3):
                    value = min(1.0, colour_4[k] * texel[k] / 255.0 * light)
                    out[y, x, k] += alpha * (value - out[y, x, k])
                if alpha == 1.0:
                    depth[y, x] = w


def draw(pieces: list[Piece]) -> NDArray[np.uint8]:
    """(SIDE, SIDE, 3) uint8 BGR; what can be seen through is drawn last, as engines do."""
    size = SIDE * SAMPLES
    out = np.full((size, size, 3), 0.86, np.float32)
    depth = np.zeros((size, size), np.float32)
    turn = 0.32
    c, s = math.cos(turn), math.sin(turn)
    rotation = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]], np.float32)
    for piece in sorted(pieces, key=lambda piece: -float(piece.colour_4[3])):
        points = piece.points_V3 @ rotation.T
        w = 1.0 / (DISTANCE_M - points[:, 2])
        flat = np.stack(
            [size * (0.5 + FOCAL * points[:, 0] * w), size * (0.53 - FOCAL * (points[:, 1] - 0.03) * w), w], axis=1
        )
        normals = (piece.normals_V3 @ rotation.T).astype(np.float32)
        _draw(
            flat.astype(np.float32), normals, piece.uv_V2, piece.triangles_T3, piece.colour_4,
            np.float32(piece.cut_off), piece.texture_HW4, depth, out,
        )  # fmt: skip
    small = out.reshape(SIDE, SAMPLES, SIDE, SAMPLES, 3).mean((1, 3))
    return np.rint(small[..., ::-1] * 255).astype(np.uint8)


def people() -> list[NDArray[np.float32]]:
    """Made-up people with different hair, beards, brows and glasses; the last one smiles."""
    from facelive.rig.default_schema import default_schema
    from facelive.rig.prior import sample_identity

    schema = default_schema()
    looks = (
        (3, "long-wavy", "none", "arched", "none"), (4, "short", "full", "bushy", "square"),
        (8, "afro", "goatee", "natural", "round"), (11, "bob", "none", "thin", "round"),
        (6, "receding", "moustache", "drooping", "none"), (9, "curly", "none", "straight", "none"),
    )  # fmt: skip
    found: list[NDArray[np.float32]] = []
    for seed, *options in looks:
        params = sample_identity(schema, np.random.default_rng(seed))
        for style, option in zip(("hair", "beard", "brow", "glasses"), options, strict=True):
            params[schema.styles[style]] = 0.0
            params[schema.index(f"{style}:{option}")] = 1.0
        found.append(params.astype(np.float32))
    for name in ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"):
        found[-1][schema.index(name)] = 0.7
    return found


def heads() -> NDArray[np.uint8]:
    """All people in two rows."""
    from unity import build, host

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runner = build.compile_all(folder)
        head = build.PACKAGE / "Runtime" / "Resources" / "facelive-head.bytes"
        who = people()
        np.stack(who).tofile(folder / "vectors")
        host.run(runner, "scene", str(head), str(folder / "vectors"), name, timeout_s=900)
        pictures = [draw(read_scene(folder / f"{number}.scene")) for number in range(len(who))]
    return np.concatenate([np.concatenate(pictures[k : k + 3], axis=1) for k in (0, 3)])


BOXES = (
    # x, y, width, title, lines, fill
    (10, 20, 130, "camera, clip", ("or a recording",), "#eef2f7"),
    (180, 20, 190, "facelive live", ("Python; its own process",), "#dbe9ff"),
    (10, 150, 360, "other programs (--to)", ("VMC, iFacialMocap, Live Link Face, VTube Studio",), "#eef2f7"),
    (
        545,
        20,
        250,
        "StreamClient",
        ("a thread of its own", "decodes, compares clocks,", "keeps the newest frame"),
        "#e3f5e6",
    ),
    (545, 150, 250, "LiveReceiver", ("LateUpdate, first", "takes that frame"), "#e3f5e6"),
    (
        545,
        260,
        250,
        "LiveAvatar, AvatarDriver",
        ("chooses a face, interpolates,", "eases when the stream is silent"),
        "#e3f5e6",
    ),
    (430, 390, 235, "AvatarMap", ("parameter to blend shape, bone,", "object or colour"), "#fff3d6"),
    (685, 390, 235, "BuiltInHead", ("macro shapes, painted skin,", "hair and glasses"), "#fff3d6"),
    (430, 500, 490, "your character or the built-in head", ("SkinnedMeshRenderer, bones, materials",), "#f7e3ee"),
)
ARROWS = (
    # from x, y to x, y, text and where it stands
    (140, 50, 180, 50, "", 0, 0),
    (370, 40, 545, 40, "frames", 457, 32),
    (370, 66, 545, 66, "avatars", 457, 82),
    (190, 86, 190, 150, "UDP, WebSocket", 198, 122),
    (670, 112, 670, 150, "", 0, 0),
    (670, 224, 670, 260, "", 0, 0),
    (600, 334, 560, 390, "weights, pose", 492, 362),
    (740, 334, 780, 390, "identity, styles, colours", 772, 362),
    (547, 464, 547, 500, "", 0, 0),
    (802, 464, 802, 500, "", 0, 0),
)


def flow() -> str:
    """The diagram as SVG."""
    out = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 940 575" font-family="sans-serif" font-size="13">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#445"/></marker></defs>',
        '<rect width="940" height="575" fill="white"/>',
        '<rect x="415" y="5" width="520" height="565" rx="8" fill="none" stroke="#9ab" stroke-dasharray="5 4"/>',
        '<text x="926" y="26" text-anchor="end" fill="#678">Unity</text>',
    ]
    for x, y, width, title, lines, fill in BOXES:
        height = 38 + 18 * len(lines) + 10 * (len(lines) < 2)
        out.append(f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="6" fill="{fill}" stroke="#678"/>')
        out.append(f'<text x="{x + 12}" y="{y + 22}" font-weight="bold">{title}</text>')
        out += [f'<text x="{x + 12}" y="{y + 41 + 17 * k}" fill="#345">{line}</text>' for k, line in enumerate(lines)]
    for x1, y1, x2, y2, text, x, y in ARROWS:
        out.append(f'<path d="M{x1} {y1} L{x2} {y2}" stroke="#445" fill="none" marker-end="url(#tip)"/>')
        if text:
            anchor = "middle" if y1 == y2 else "start"
            out.append(f'<text x="{x}" y="{y}" font-size="11" fill="#345" text-anchor="{anchor}">{text}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    import cv2

    (TARGET / "data-flow.svg").write_text(flow(), encoding="utf-8")
    cv2.imwrite(str(TARGET / "built-in-head.png"), heads(), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
