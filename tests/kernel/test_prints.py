"""What is seen of features from boxes: what looks alike has the same areas, what changed there looks different."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flexsite.flat import Flat
from flexsite.geometry import Floats, Geometries
from flexsite.kernel import Prints, combine, pairs, seen

from .shapes import scene as drawn
from .shapes import scenes, star

BOX = np.array([[10.0, 10.0, 20.0, 20.0]])


def flat(*shapes: shapely.Geometry) -> Flat:
    return Flat.of(np.array(shapes, dtype=object))


def prints(boxes: Floats, features: Flat, keys: list[int] | None = None) -> Prints:
    """The prints of boxes, of features in one part; all of them are shown to each box."""
    many, count = len(boxes), len(features)
    words = np.array([[key, 7] for key in keys or [1] * count], dtype=np.uint64).reshape(-1, 2)
    shown = np.arange(many + 1) * count, np.tile(np.arange(count), many)
    return seen(boxes, features, *shown, np.zeros(count, dtype=int), words, 1)[:, 0]


def look(*shapes: shapely.Geometry, keys: list[int] | None = None) -> tuple[int, ...]:
    return tuple(prints(BOX, flat(*shapes), keys)[0].tolist())


NOTHING = (0, 0)
WORD = 2**64


def by_hand(words: list[int], keys: tuple[int, int], edges: int) -> tuple[int, ...]:
    """The hash in whole numbers, of which Python has enough digits."""
    result = []
    for seed, factor, turn in (
        (0x243F6A8885A308D3, 0x9E3779B97F4A7C15, 32),
        (0x13198A2E03707344, 0xC2B2AE3D27D4EB4F, 29),
    ):

        def absorbed(state: int, word: int, factor: int = factor, turn: int = turn) -> int:
            state = (state ^ word) * factor % WORD
            return state ^ (state >> turn)

        state = seed
        for word in [*keys, *words]:
            state = absorbed(state, word)
        state = absorbed(state, edges)
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % WORD
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB % WORD
        result.append(state ^ (state >> 31))
    return tuple(result)


def test_prints_are_the_same_on_every_machine() -> None:
    around = look(shapely.box(0, 0, 30, 30))
    assert around == by_hand([0, 1], (1, 7), 0)  # no edge, and once around
    corner = look(shapely.Polygon([(15, 5), (15, 25), (5, 25), (5, 5)]))
    line = [int.from_bytes(struct.pack("<d", value), "little") for value in (15, 5, 15, 25)]
    assert corner == by_hand([*line, 1, 1], (1, 7), 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (shapely.box(0, 0, 30, 30), shapely.Point(15, 15).buffer(40)),
        (shapely.box(0, 0, 8, 30), shapely.box(25, 0, 30, 8)),
        (shapely.box(0, 0, 15, 30), shapely.Polygon([(15, 0), (15, 30), (-90, 40), (-80, -5)])),
        (shapely.box(0, 0, 40, 40).difference(shapely.box(9, 9, 21, 21)), shapely.Polygon()),
    ],
    ids=["all cover", "all pass by", "the rest is beyond", "around a hole"],
)
def test_what_differs_beyond_the_box_alone_looks_alike(one: shapely.Geometry, other: shapely.Geometry) -> None:
    """The polygons of the third share the edge through the box, and nothing else."""
    turned = [shapely.normalize(shape) for shape in (one, other)]
    assert look(turned[0]) == look(turned[1])


def test_what_differs_within_the_box_looks_different() -> None:
    lake = shapely.Point(15, 15).buffer(4, quad_segs=3)
    base, looks = flat(lake), set()
    for i in range(len(base.xy) - 1):
        for axis in range(2):
            xy = base.xy.copy()
            xy[i, axis] = np.nextafter(xy[i, axis], 100)
            xy[-1] = xy[0]
            looks.add(tuple(prints(BOX, Flat(xy, base.rings, base.polygons, base.rows))[0].tolist()))
    assert len(looks) == 2 * (len(base.xy) - 1) and look(lake) not in looks
    whole, island, half = shapely.box(0, 0, 30, 30), shapely.box(12, 12, 13, 13), shapely.box(0, 0, 15, 30)
    several = [
        look(), look(whole), look(whole, whole), look(island), look(whole, island), look(island, whole), look(half),
        look(whole.difference(island)), look(shapely.box(15, 0, 30, 30)), look(whole, keys=[2]),
        look(whole, half, keys=[1, 2]), look(whole, half, keys=[2, 1]),
    ]  # fmt: skip
    assert several[0] == NOTHING and len(set(several)) == len(several)


def test_parts_are_told_apart_and_rows_do_not_matter() -> None:
    features = flat(shapely.box(0, 0, 30, 30), shapely.box(12, 12, 13, 13), shapely.box(90, 90, 99, 99))
    boxes = np.vstack([BOX, [[91.0, 91, 92, 92]]])
    start, feature = pairs(boxes, features.bounds)
    keys = np.ones((3, 2), np.uint64)
    found = seen(boxes, features, start, feature, np.array([0, 2, 2]), keys, 3)
    assert found.shape == (2, 3, 2)
    assert found.any(axis=2).tolist() == [[True, False, True], [False, False, True]]
    last = seen(boxes[1:], features, np.array([0, 1]), np.array([2]), np.array([0, 2, 2]), keys, 3)
    assert (last[0] == found[1]).all()


def test_no_two_of_many_near_each_other_share_half_a_print() -> None:
    x, y = (axis.ravel().astype(float) for axis in np.meshgrid(np.arange(300), np.arange(300)))
    squares = Flat.of(shapely.box(x, y, x + 1, y + 1))
    shown = np.arange(90_001), np.arange(90_000)
    same = np.zeros(90_000, int), np.ones((90_000, 2), np.uint64), 1
    found = seen(squares.bounds, squares, *shown, *same)[:, 0]
    assert len(np.unique(found[:, 0])) == len(np.unique(found[:, 1])) == 90_000
    ones = np.unpackbits(found.view(np.uint8)).mean()
    assert abs(ones - 0.5) < 0.001


def moved(shape: shapely.Geometry, by: float) -> shapely.Geometry:
    return shapely.transform(shape, lambda xy: xy + by)


CHANGES: dict[str, Callable[[shapely.Geometry, np.random.Generator], shapely.Geometry]] = {
    "grow": lambda shape, _: shape.buffer(1.5),
    "shrink": lambda shape, _: shape.buffer(-1.5),
    "move": lambda shape, rng: moved(shape, float(rng.choice([0.5, 7.0, 1e4]))),
    "cover": lambda shape, _: shape.envelope.buffer(50),
    "join": lambda shape, rng: shape.union(moved(star(rng, 9, 7, 0.5), float(shape.bounds[0]))),
    "bite": lambda shape, rng: shape.difference(moved(star(rng, 9, 7, 0.5), float(shape.bounds[0]))),
    "vanish": lambda _, __: shapely.Polygon(),
}


@settings(deadline=None, max_examples=150)
@given(scenes, st.sampled_from(sorted(CHANGES)), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.0]))
@example(drawn(981, 0.0, (123456.0, 487654.0)), "bite", 116, 0.0)  # a ring that begins elsewhere, beside the box
def test_what_looks_alike_has_the_same_areas_to_the_bit(
    scene: tuple[Geometries, Geometries], kind: str, seed: int, room: float
) -> None:
    """Whatever becomes of features: where the look of all is as before, so is the sweep."""
    rng = np.random.default_rng(seed)
    ground, features = scene
    assume(len(features) and not shapely.is_empty(features).any())
    extent = shapely.box(*shapely.total_bounds(ground))
    far = np.array([moved(one, 40.0) for one in ground], dtype=object)
    ground = np.concatenate([ground, far, [extent]])
    other = features.copy()
    row = int(rng.integers(len(other)))
    changed = CHANGES[kind](other[row], rng)
    other[row] = shapely.union_all([part for part in shapely.get_parts(changed) if part.geom_type == "Polygon"])
    shapes = Flat.of(ground)
    boxes = shapes.bounds + np.array([-room, -room, room, room])
    bit = np.arange(len(features), dtype=np.uint8) % 3
    keys = np.column_stack([bit, bit]).astype(np.uint64)
    results = []
    for some in (Flat.of(features), Flat.of(other)):
        near = pairs(shapes.bounds, some.bounds)
        looks = seen(boxes, some, *near, np.zeros(len(some), int), keys, 1)[:, 0]
        results.append((looks, combine(shapes, some, bit, *near)))
    (looks, one), (again, two) = results
    for place in np.flatnonzero((looks == again).all(axis=1)):
        mine, theirs = one.row == place, two.row == place
        assert one.mask[mine].tolist() == two.mask[theirs].tolist()
        assert one.area[mine].tolist() == two.area[theirs].tolist()
        assert one.crowded[place] == two.crowded[place]
