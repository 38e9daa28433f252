"""The skin's chart as a canvas: which place of the neutral head each texel shows. Painters work in metres on the face.

Suffixes: HW texels, R regions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facelive.rig.head import Head
from facelive.rig.parts import Part, Region
from facelive.rig.render import raster
from facelive.rig.rotation import rotation

Field = NDArray[np.floating]
_TURN = (rotation(0.7, 0.5) @ rotation(0.3, -0.9)).astype(np.float32)


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """Texels of the skin's chart; those that no triangle covers repeat the nearest that one does."""

    size: int
    points_HW3: Field
    """Metres, on the neutral head."""
    normals_HW3: Field
    regions_RHW: NDArray[np.uint8]
    part_HW: NDArray[np.uint8]
    metres_HW: Field
    """Side of a texel on the head."""
    occlusion_HW: Field
    """Ambient light that arrives with the mouth closed, 0..1."""

    def region(self, region: Region) -> Field:
        """(H, W) float32 in 0..1."""
        return self.regions_RHW[region] / np.float32(255)

    @property
    def x(self) -> Field:
        """(H, W) metres to the subject's left."""
        return self.points_HW3[..., 0]

    @property
    def y(self) -> Field:
        """(H, W) metres up."""
        return self.points_HW3[..., 1]

    @property
    def z(self) -> Field:
        """(H, W) metres to the front."""
        return self.points_HW3[..., 2]


def _nearest_drawn(ids: NDArray[np.int32]) -> NDArray[np.intp]:
    """(H, W) flat position of the nearest texel with an id."""
    import cv2

    free = (ids < 0).astype(np.uint8)
    _, label = cv2.distanceTransformWithLabels(free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    drawn = np.flatnonzero(ids.ravel() >= 0)
    where = np.zeros(int(label.max()) + 1, np.intp)
    number = np.asarray(label, np.intp)
    where[number.ravel()[drawn]] = drawn
    return where[number]


def make_canvas(head: Head, size: int) -> Canvas:
    """Draw the neutral head's skin into its own chart."""
    painted = np.flatnonzero(np.isin(head.part_T, (Part.SKIN, Part.SOCKETS, Part.INNER_MOUTH)))
    vertices = head.solve(head.schema.neutral())
    triangles, uv_triangles = head.triangles_T3[painted], head.uv_triangles_T3[painted]
    flat = np.ones((len(head.uv_U2), 3), np.float32)
    flat[:, 0] = head.uv_U2[:, 0] * size - 0.5
    flat[:, 1] = (1.0 - head.uv_U2[:, 1]) * size - 0.5
    w, ids = np.zeros((size, size), np.float32), np.full((size, size), -1, np.int32)
    raster.rasterise(flat, uv_triangles, 0, len(uv_triangles), True, w, ids)
    source = _nearest_drawn(ids)
    y, x = (part.astype(np.float32) for part in np.divmod(source, size))
    number = ids.ravel()[source]
    a, b, c = (flat[uv_triangles[number, k], :2] for k in range(3))
    place = np.stack([x, y], axis=-1)
    area = _cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    share_b, share_c = _cross(place - a, c - a) / area, _cross(b - a, place - a) / area
    shares = np.stack([1.0 - share_b - share_c, share_b, share_c], axis=-1).astype(np.float32)
    normals = np.zeros_like(vertices)
    raster.add_normals(vertices, triangles, 0, len(triangles), normals, 0)
    raster.normalise(normals, 0, len(normals), 0)
    corners = triangles[number]
    points, turned = (_mix(values, corners, shares) for values in (vertices, normals))
    regions = np.stack([_mix(row.astype(np.float32)[:, None], corners, shares)[..., 0] for row in head.regions_RV])
    light = np.ones(len(vertices), np.float32)
    if len(head.data.occlusion_F):
        light = head.occlusion_V(head.schema.neutral())
    real = np.linalg.norm(np.cross(vertices[triangles[:, 1]] - vertices[triangles[:, 0]],
                                   vertices[triangles[:, 2]] - vertices[triangles[:, 0]]), axis=1)  # fmt: skip
    metres = np.sqrt(real[number] / np.abs(area)).astype(np.float32)
    return Canvas(
        size=size,
        points_HW3=points,
        normals_HW3=turned,
        regions_RHW=np.rint(np.clip(regions, 0, 255)).astype(np.uint8),
        part_HW=head.part_T[painted][number],
        metres_HW=np.clip(metres, 1e-5, 0.02),
        occlusion_HW=np.clip(_mix(light[:, None], corners, shares)[..., 0], 0, 1),
    )


def _cross(a: Field, b: Field) -> Field:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _mix(values_VN: Field, corners_HW3: NDArray[np.int32], shares_HW3: Field) -> Field:
    return np.einsum("hwk,hwkn->hwn", shares_HW3, values_VN[corners_HW3]).astype(np.float32)


def noise(points_HW3: Field, cell_m: float, seed: int) -> Field:
    """Smooth value noise on points in space, -1..1: no seams where charts end."""
    out = np.empty(points_HW3.shape[:-1], np.float32)
    # Turned, so that the lattice lies along no direction of the face.
    _noise(np.ascontiguousarray(points_HW3.reshape(-1, 3) @ _TURN), 1.0 / cell_m, seed, out.reshape(-1))
    return out


@raster.jit
def _hash(x: int, y: int, z: int, seed: int) -> float:
    value = np.uint32(x * 73856093) ^ np.uint32(y * 19349663) ^ np.uint32(z * 83492791) ^ np.uint32(seed * 2654435761)
    value = np.uint32(value ^ (value >> np.uint32(15))) * np.uint32(2246822519)
    value = np.uint32(value ^ (value >> np.uint32(13))) * np.uint32(3266489917)
    value = np.uint32(value ^ (value >> np.uint32(16)))
    return float(value) / 2147483648.0 - 1.0


@raster.jit
def _noise(points: Field, scale: float, seed: int, out: Field) -> None:
    for i in range(points.shape[0]):
        x, y, z = points[i, 0] * scale + 97.0, points[i, 1] * scale + 131.0, points[i, 2] * scale + 113.0
        ix, iy, iz = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
        fx, fy, fz = x - ix, y - iy, z - iz
        fx, fy, fz = fx * fx * (3 - 2 * fx), fy * fy * (3 - 2 * fy), fz * fz * (3 - 2 * fz)
        total = 0.0
        for k in range(8):
            dx, dy, dz = k & 1, (k >> 1) & 1, k >> 2
            weight = (fx if dx else 1 - fx) * (fy if dy else 1 - fy) * (fz if dz else 1 - fz)
            total += weight * _hash(ix + dx, iy + dy, iz + dz, seed)
        out[i] = total


def sample(image_HW: Field, x: Field, y: Field) -> Field:
    """Bilinear values of an image at places of any shape (pixels, y down); 0 outside."""
    height, width = image_HW.shape
    inside = (x >= 0) & (y >= 0) & (x <= width - 1.001) & (y <= height - 1.001)
    cx, cy = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    ix, iy = cx.astype(np.int32), cy.astype(np.int32)
    fx, fy = cx - ix, cy - iy
    top = image_HW[iy, ix] * (1 - fx) + image_HW[iy, ix + 1] * fx
    low = image_HW[iy + 1, ix] * (1 - fx) + image_HW[iy + 1, ix + 1] * fx
    return ((top * (1 - fy) + low * fy) * inside).astype(np.float32)
