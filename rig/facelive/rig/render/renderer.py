"""The renderer: parameters in, picture out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from facelive.errors import UsageError
from facelive.rig.accessories import accessories
from facelive.rig.appearance.paint import Paint, Painter
from facelive.rig.head import Head
from facelive.rig.mesh import Material, Mesh
from facelive.rig.parts import Part
from facelive.rig.render import raster
from facelive.rig.render.backdrop import backdrop
from facelive.rig.render.blend import blend_triangles, raster_strands
from facelive.rig.render.buffers import Buffers
from facelive.rig.render.drawlist import Joiner
from facelive.rig.render.gather import gather, resolve
from facelive.rig.render.picture import Picture
from facelive.rig.render.scene import Camera, Gradient, Scene
from facelive.rig.render.shade import shade
from facelive.rig.render.shadow import light_frame, shadow_map
from facelive.rig.render.shirt import shirt_height, shirt_offset
from facelive.rig.render.stage import NO_OFFSETS, Stage
from facelive.rig.render.strand_lookup import strand_bytes
from facelive.rig.render.tone import LUT_TOP, tone_table
from facelive.rig.rotation import rotation
from facelive.rig.torso import find_torso

F32 = NDArray[np.float32]
Dress = Callable[[Head, F32, F32], Sequence[Mesh]]
"""What a character wears and has on its head: (head, params_P, vertices_V3) -> meshes, unposed."""
_POSITION = ("headX", "headY", "headZ")
_ANGLES = ("headYaw", "headPitch", "headRoll")


_BEHIND = 0.006
"""Metres by which all that is inside the mouth stands back where it is asked what hides what: where a receding chin
meets an open jaw, teeth pass through the skin (on 1 of 250 drawn faces, by up to 5 mm)."""


class Renderer:
    """Draws one head at one size. Keeps its buffers: use one renderer per thread.

    size: pixels, or (height, width). samples: n of the n x n samples per pixel, 1..4. texture: side of the skin's
    texture, pixels; None: fitted to the size.
    """

    def __init__(
        self,
        head: Head,
        size: int | tuple[int, int] = 512,
        *,
        samples: int = 2,
        texture: int | None = None,
        dress: Dress | None = accessories,
    ) -> None:
        height, width = (size, size) if isinstance(size, int) else size
        if not (1 <= height <= 8192 and 1 <= width <= 8192):
            raise UsageError(f"a picture is 1..8192 pixels wide and high, got {width} x {height}")
        if not 1 <= samples <= 4:
            raise UsageError(f"samples per pixel and axis must be 1..4, got {samples}")
        self.head, self.height, self.width, self.samples = head, height, width, samples
        self._plain = "skin" not in head.schema.colours
        self._painter = Painter(head, texture or _texture_side(max(height, width)))
        self._dress = dress
        self._join = Joiner(head, self._plain)
        neutral = head.solve(head.schema.neutral())
        normals = self._normals(neutral)
        self._shirt_V = shirt_height(neutral)
        self._tongue = np.unique(head.triangles_T3[head.part_T == Part.TONGUE])
        self._inside = _inside(head)
        teeth = neutral[np.unique(head.triangles_T3[head.part_T == Part.TEETH_UPPER])]
        self._lip_front = float(teeth[:, 2].max()) if len(teeth) else 0.0
        self._shirt_offset_V3 = shirt_offset(self._shirt_V, normals)
        self._torso = None if self._plain else find_torso(head)
        marks = head.landmarks68, head.landmarks478
        self._hidden = self._inside
        """What stands back in the picture that is being drawn; a tongue that is out does not."""
        self._corners_K3 = np.concatenate([head.triangles_T3[points.triangle_K] for points in marks])
        self._shares_K3 = np.concatenate([points.barycentric_K3 for points in marks])
        self._buffers = Buffers(height, width, samples)
        self._backdrop: tuple[object, F32] | None = None

    def _normals(self, vertices_V3: F32) -> F32:
        out = np.zeros_like(vertices_V3)
        self._add_normals(vertices_V3, self._join.triangles_T3, out, 0)
        return out

    def _add_normals(self, points_V3: F32, triangles_T3: NDArray[np.int32], out: F32, column: int) -> None:
        """Unit normals of the head; lashes, which cross the lids, count for nothing."""
        lashes = self._join.runs[Part.LASHES]
        raster.add_normals(points_V3, triangles_T3, 0, lashes.first, out, column)
        raster.add_normals(points_V3, triangles_T3, lashes.last, len(self._join.triangles_T3), out, column)
        raster.normalise(out, 0, self.head.vertex_count, column)

    def render(
        self, params_P: Iterable[float], scene: Scene | None = None, *, meshes: Sequence[Mesh] | None = None
    ) -> Picture:
        """Draw a character. meshes: instead of what ``dress`` gives. Raises SchemaError if P differs."""
        scene = scene or Scene()
        params = self.head.schema.check(params_P)
        vertices = self.head.solve(params)
        worn = meshes if meshes is not None else (self._dress(self.head, params, vertices) if self._dress else ())
        paint = self._painter.paint(params, scene)
        if self._torso is not None:
            clothed = scene.cloth_rgb is not None
            whole = vertices + self._shirt_offset_V3 if clothed else vertices
            worn = [*worn, self._torso.mesh(whole, cloth_V=self._shirt_V if clothed else None)]
        cloth = scene.cloth_rgb or (0.5, 0.5, 0.5)
        draw = self._join(worn, paint.hair_rgb, cloth)
        camera = scene.camera or Camera.portrait(self.width, self.height, fov=scene.fov)
        turn, place = self._pose(params, camera)
        stage = Stage(draw, camera, turn, place, self.samples)
        self._fill(stage, vertices, worn, params, scene, paint)
        return self._draw(stage, scene, paint)

    def _pose(self, params: F32, camera: Camera) -> tuple[F32, F32]:
        """Head rotation (3, 3) and the camera-space place of the head's origin (3,)."""
        schema = self.head.schema
        angles = [float(params[schema.index(name)]) if name in schema else 0.0 for name in _ANGLES]
        where = np.array([params[schema.index(name)] if name in schema else 0.0 for name in _POSITION])
        place = camera.rotation @ where + np.asarray(camera.translation)
        return rotation(*angles), place.astype(np.float32)

    def _fill(self, stage: Stage, vertices: F32, worn: Sequence[Mesh], params: F32, scene: Scene, paint: Paint) -> None:
        """Vertices of all meshes to camera space and screen, with their normals and other attributes."""
        head, count = self.head, len(vertices)
        clothed = scene.cloth_rgb is not None and not self._plain
        stage.add(0, vertices, head.head_weight_V, self._shirt_offset_V3 if clothed else NO_OFFSETS)
        rows = stage.rows_V8
        rows[:count, 3:6] = 0.0
        self._add_normals(stage.points, stage.draw.triangles_T3, rows, 3)
        rows[:count, 6] = head.occlusion_V(params) if len(head.data.occlusion_F) else 1.0
        # Occlusion was baked with the tongue in the mouth: where it comes out, light reaches it.
        tongue = vertices[self._tongue]
        out = np.clip((tongue[:, 2] - self._lip_front) / 0.012, 0.0, 1.0)
        rows[self._tongue, 6] += out * (0.9 - rows[self._tongue, 6])
        self._hidden = self._inside if out.max(initial=0.0) > 0.0 else np.concatenate([self._inside, self._tongue])
        rows[:count, 7] = self._shirt_V if clothed else -1.0
        if self._plain:
            stage.tangents[:count] = paint.plain_V3
        for mesh, start, end in zip(worn, stage.draw.starts[1:-1], stage.draw.starts[2:], strict=True):
            stage.add_mesh(mesh, start, end)
        if self._torso is not None:
            stage.weld(self._torso, stage.draw.starts[-2])

    def _draw(self, stage: Stage, scene: Scene, paint: Paint) -> Picture:
        buffers, draw, n = self._buffers, stage.draw, self.samples
        buffers.clear()
        strands = strand_bytes()
        w_V = stage.rows_V8[:, 2]
        true_w = w_V[self._hidden]
        w_V[self._hidden] = true_w / (1.0 + _BEHIND * true_w)
        for run in draw.runs:
            if run.first == run.last or run.blended:
                continue
            if run.material == Material.HAIR:
                raster_strands(
                    stage.rows_V8, draw.triangles_T3, draw.uv_T6, run.first, run.last, strands,
                    buffers.w_SS, buffers.ids_SS,
                )  # fmt: skip
            else:
                raster.rasterise(
                    stage.rows_V8, draw.triangles_T3, run.first, run.last, run.both_sides, buffers.w_SS, buffers.ids_SS
                )
        w_V[self._hidden] = true_w
        lights = _lights(scene)
        frame, shadows = self._shadows(stage, scene)
        ambient = np.array([scene.ambient.sky, scene.ambient.ground], np.float32) * np.float32(scene.exposure)
        last, hair_first = gather(
            buffers.w_SS, buffers.ids_SS, draw.class_T, draw.material_C == Material.HAIR, n, buffers.at_R2,
            buffers.pixel_R, buffers.weight_R, buffers.coverage_HW,
        )  # fmt: skip
        shade(
            0, last, hair_first, len(buffers.pixel_R), buffers.at_R2, buffers.pixel_R, buffers.weight_R,
            buffers.ids_SS, stage.rows_V8, stage.tangents, draw.triangles_T3, draw.uv_T6, draw.class_T,
            draw.material_C, draw.segment_C, draw.colour_C3,
            paint.skin_HW8, paint.labels_HW, paint.eye_HW3, strands,
            lights, ambient, stage.turn_seen, frame, shadows, stage.lens_3, n,
            buffers.colour_P3, buffers.best_P, buffers.parts_P, buffers.depth_P,
        )  # fmt: skip
        self._blend(stage, paint, lights, ambient)
        image = np.empty((self.height, self.width, 3), np.uint8)
        balance = np.asarray(scene.white_balance, np.float32)
        resolve(buffers.colour_P3, buffers.coverage_HW, self._background(scene), balance, tone_table(), LUT_TOP, image)
        return self._picture(stage, image)

    def _shadows(self, stage: Stage, scene: Scene) -> tuple[F32, F32]:
        if not scene.shadows or not scene.lights:
            return np.eye(4, dtype=np.float32), np.zeros((3, 1, 1), np.float32)
        size = int(np.clip(0.5 * max(self.height, self.width), 96, 320))
        centre = stage.turn_seen @ self.head.face_centre + stage.place
        frame = light_frame(np.asarray(scene.lights[0].direction, np.float32), centre, size)
        runs = [
            (run.first, run.last, run.both_sides)
            for run in stage.draw.runs
            if run.material in (Material.SKIN, Material.HAIR, Material.FRAME, Material.CLOTH, Material.PLAIN)
        ]
        return frame, shadow_map(stage.points, stage.draw.triangles_T3, runs, frame, size)

    def _blend(self, stage: Stage, paint: Paint, lights: F32, ambient: F32) -> None:
        light = ambient.mean(0) + lights[:, 3:6].sum(0) * np.float32(0.5)
        for number, run in enumerate(stage.draw.runs):
            if run.blended and run.last > run.first:
                alpha = paint.lash_HW if run.material == Material.LASH else paint.lens_HW
                # A lens mirrors a little of the surroundings; lamps themselves would lie on dark skin like milk.
                falls = light if run.material == Material.LASH else ambient.mean(0)
                colour = stage.draw.colour_C3[number] * falls
                blend_triangles(
                    stage.rows_V8, stage.draw.triangles_T3, stage.draw.uv_T6, run.first, run.last, self.samples,
                    self._buffers.w_SS, alpha, colour, self._buffers.colour_P3, self._buffers.coverage_HW,
                )  # fmt: skip

    def _background(self, scene: Scene) -> F32:
        """Kept while it stays the same colour or gradient; a picture may be a buffer that is filled anew."""
        wanted, last = scene.background, self._backdrop
        if not isinstance(wanted, (tuple, Gradient)):
            return backdrop(wanted, self.height, self.width)
        if last is None or type(last[0]) is not type(wanted) or last[0] != wanted:
            last = self._backdrop = (wanted, backdrop(wanted, self.height, self.width))
        return last[1]

    def _picture(self, stage: Stage, image: NDArray[np.uint8]) -> Picture:
        buffers = self._buffers
        depth = buffers.depth_P.reshape(self.height, self.width).copy()
        points = np.empty((len(self._corners_K3), 3), np.float32)
        raster.mix(stage.points, self._corners_K3, self._shares_K3, points)
        pixels = stage.project(points)
        count = len(self.head.landmarks68)
        return Picture(
            image_HW3=image,
            parts_HW=buffers.parts_P.reshape(self.height, self.width).copy(),
            depth_HW=depth,
            landmarks68_K2=pixels[:count],
            landmarks478_K2=pixels[count:],
            visible68_K=_visible(pixels[:count], -points[:count, 2], depth),
        )


def _inside(head: Head) -> NDArray[np.intp]:
    """Vertices of teeth and of the mouth's lining, without the seam that the lips share."""
    inner = np.isin(head.part_T, (Part.TEETH_UPPER, Part.TEETH_LOWER, Part.INNER_MOUTH))
    seam_and_skin = head.triangles_T3[head.part_T == Part.SKIN]
    return np.setdiff1d(head.triangles_T3[inner], seam_and_skin).astype(np.intp)


def _texture_side(size: int) -> int:
    return 256 if size <= 160 else 384 if size <= 288 else 768 if size <= 640 else 1536


def _lights(scene: Scene) -> F32:
    """(L, 7) float32: unit direction, colour times exposure, softness. One dark light if there is none."""
    rows = np.zeros((max(len(scene.lights), 1), 7), np.float32)
    rows[:, 2] = 1.0
    for row, light in zip(rows, scene.lights, strict=False):
        direction = np.asarray(light.direction, np.float64)
        length = float(np.linalg.norm(direction))
        if length == 0.0:
            raise UsageError("a light needs a direction other than (0, 0, 0)")
        row[:3] = direction / length
        row[3:6] = np.asarray(light.colour) * scene.exposure
        row[6] = light.softness
    return rows


def _visible(pixels_K2: F32, depth_K: F32, depth_HW: F32) -> NDArray[np.bool_]:
    """Whether points lie in the picture with no surface more than 6 mm in front of them."""
    height, width = depth_HW.shape
    column, row = np.rint(pixels_K2).astype(int).T if len(pixels_K2) else np.zeros((2, 0), int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    front = depth_HW[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    return inside & (depth_K <= front + 0.006)
