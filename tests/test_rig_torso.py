"""The body below the bust: it closes the cut edge, faces outside, and no picture shows where the bust ends."""

from __future__ import annotations

import numpy as np
import pytest

from facelive.rig.head import Head
from facelive.rig.mesh import Segment
from facelive.rig.normals import vertex_normals
from facelive.rig.prior import sample_identity
from facelive.rig.render import Camera, Renderer, Scene
from facelive.rig.tiny import tiny_head
from facelive.rig.torso import Torso, find_torso, outline


@pytest.fixture(scope="module")
def torso() -> Torso:
    found = find_torso(Head.default())
    assert found is not None
    return found


def test_it_hangs_on_the_whole_edge_and_closes_it(torso: Torso) -> None:
    head = Head.default()
    vertices = head.solve(sample_identity(head.schema, np.random.default_rng(3)))
    mesh = torso.mesh(vertices)
    count = len(torso.ring_N)
    np.testing.assert_array_equal(mesh.vertices_V3[:count], vertices[torso.ring_N])
    # Head and torso together have no open edge at the ring, and the torso's own bottom is closed: every edge is used
    # twice but the ring's.
    edges = np.sort(np.concatenate([mesh.triangles_T3[:, pair] for pair in ([0, 1], [1, 2], [2, 0])]), axis=1)
    unique, uses = np.unique(edges, axis=0, return_counts=True)
    assert set(uses) == {1, 2}
    assert (unique[uses == 1] < count).all()
    assert (uses == 1).sum() == count


def test_it_faces_outside(torso: Torso) -> None:
    head = Head.default()
    mesh = torso.mesh(head.solve(head.schema.neutral()))
    normals = vertex_normals(mesh.vertices_V3, mesh.triangles_T3)
    sides = slice(3 * len(torso.ring_N), 6 * len(torso.ring_N))
    middle = mesh.vertices_V3[sides].mean(0)
    outwards = (mesh.vertices_V3[sides] - middle)[:, [0, 2]]
    assert ((normals[sides][:, [0, 2]] * outwards).sum(1) > 0).mean() > 0.95
    assert normals[-1, 1] < -0.9
    assert mesh.vertices_V3[:, 1].min() < -0.6


def test_the_outline_is_smooth_and_around_the_ring() -> None:
    angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ragged = 1.0 + 0.1 * np.sin(9 * angle)
    ring = np.stack([0.2 * ragged * np.cos(angle), 0.1 * ragged * np.sin(angle)], 1).astype(np.float32)
    smooth = outline(ring)
    turns = np.diff(np.unwrap(np.arctan2(smooth[:, 1] / 0.1, smooth[:, 0] / 0.2)))
    assert (turns > 0).all()
    assert np.ptp(smooth, axis=0)[0] > np.ptp(ring, axis=0)[0]


def test_a_rig_without_a_cut_edge_gets_none() -> None:
    assert find_torso(tiny_head()) is None


@pytest.mark.parametrize("cloth", [(0.3, 0.2, 0.2), None])
def test_no_background_below_the_chin_of_a_head_that_stands_high(cloth: tuple[float, float, float] | None) -> None:
    head = Head.default()
    scene = Scene(cloth_rgb=cloth, camera=Camera.portrait(96, 96, tall=0.6, middle_y=-0.12))
    for seed, change in ((1, {"headYaw": 0.6}), (2, {"headY": 0.1, "headRoll": 0.4})):
        person = sample_identity(head.schema, np.random.default_rng(seed))
        params = head.schema.to_vector(head.schema.to_dict(person) | change)
        picture = Renderer(head, 96).render(params, scene)
        middle = picture.parts_HW[60:, 30:66]
        assert (middle != Segment.BACKGROUND).all()
        # Nothing shines through the seam: the shirt's brightness goes on without a jump.
        below = picture.image_HW3[70:, 48].astype(int)
        assert np.abs(np.diff(below, axis=0)).max() < 40
        if cloth is not None:
            assert (picture.parts_HW[85:, 30:66] == Segment.CLOTH).all()
