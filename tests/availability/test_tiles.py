"""Tiles of candidates: every row in one, cut along fixed lines, whatever the order of the rows."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from flexsite.availability.tiles import split

CELL = 1000
places = st.tuples(st.integers(-9, 40), st.integers(-9, 40)).map(lambda at: (at[0] * 333.25, at[1] * 500.0))
anywhere = st.tuples(st.floats(-2e6, 9e6), st.floats(-2e6, 9e6))
middles = st.lists(places | anywhere, max_size=40)
most = st.integers(1, 12)


def boxes(middle: list[tuple[float, float]]) -> NDArray[np.float64]:
    at = np.array(middle, dtype=float).reshape(-1, 2)
    return np.hstack([at, at])


def cells(middle: list[tuple[float, float]], rows: NDArray[np.intp]) -> NDArray[np.int64]:
    """Columns and rows of the smallest tiles in which some candidates lie, told from far to the south-west."""
    return np.floor(np.array(middle)[rows] / CELL).astype(np.int64) + 2**23


def levels_shared(middle: list[tuple[float, float]], rows: NDArray[np.intp]) -> int:
    """Halvings of the whole after which some candidates still lie in one square."""
    own = cells(middle, rows)
    level = 24
    while (own >> (24 - level) != own[0] >> (24 - level)).any():
        level -= 1
    return level


@given(middles, most)
def test_every_row_is_in_one_tile_and_rows_rise(middle: list[tuple[float, float]], least: int) -> None:
    tiles = split(boxes(middle), most=least)
    assert sorted(row for tile in tiles for row in tile.tolist()) == list(range(len(middle)))
    for tile in tiles:
        assert len(tile) and (np.diff(tile) > 0).all()


@given(middles, most)
def test_a_tile_with_too_many_is_a_smallest_one(middle: list[tuple[float, float]], least: int) -> None:
    for tile in split(boxes(middle), most=least):
        assert len(tile) <= least or levels_shared(middle, tile) == 24


@given(middles, most)
def test_tiles_are_squares_of_a_fixed_grid(middle: list[tuple[float, float]], least: int) -> None:
    """The smallest square of the grid around a tile's candidates holds nobody else's."""
    tiles = split(boxes(middle), most=least)
    for tile in tiles:
        shift = 24 - levels_shared(middle, tile)
        square = cells(middle, tile)[0] >> shift
        for other in tiles:
            if other is not tile:
                assert not (cells(middle, other) >> shift == square).all(axis=1).any()


@given(middles, most)
def test_a_tile_is_split_only_where_it_must(middle: list[tuple[float, float]], least: int) -> None:
    """One halving less would have put too many together."""
    tiles = split(boxes(middle), most=least)
    every = np.arange(len(middle))
    for tile in tiles:
        whole = 0
        for level in range(25):
            shift = 24 - level
            mine = cells(middle, tile) >> shift
            inside = (cells(middle, every) >> shift == mine[0]).all(axis=1)
            if (mine == mine[0]).all() and (inside.sum() <= least or level == 24):
                whole = int(inside.sum())
                break
        assert whole == len(tile)


@given(middles, most, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_is_no_matter(middle: list[tuple[float, float]], least: int, random: Random) -> None:
    order = np.array(random.sample(range(len(middle)), len(middle)), dtype=np.intp)
    turned = split(boxes(middle)[order], most=least)
    assert [sorted(order[tile].tolist()) for tile in turned] == [
        tile.tolist() for tile in split(boxes(middle), most=least)
    ]


@given(middles, most, most)
def test_more_room_only_joins_tiles(middle: list[tuple[float, float]], small: int, large: int) -> None:
    small, large = sorted((small, large))
    coarse = [set(tile.tolist()) for tile in split(boxes(middle), most=large)]
    for tile in split(boxes(middle), most=small):
        assert sum(set(tile.tolist()) <= one for one in coarse) == 1


@given(middles, most)
def test_tiles_follow_the_curve(middle: list[tuple[float, float]], least: int) -> None:
    """In the order of Morton codes, here from text of bits."""

    def code(row: int) -> int:
        x, y = cells(middle, np.array([row]))[0].tolist()
        bits = zip(f"{y:024b}", f"{x:024b}", strict=True)
        return int("".join(north + east for north, east in bits), 2)

    codes = [[code(row) for row in tile] for tile in split(boxes(middle), most=least)]
    for before, after in pairwise(codes):
        assert max(before) < min(after)


@given(middles, most)
def test_the_size_of_a_candidate_is_no_matter(middle: list[tuple[float, float]], least: int) -> None:
    wide = boxes(middle) + np.array([-7e5, -8.0, 7e5, 8.0])
    points = boxes(((wide[:, :2] + wide[:, 2:]) / 2).tolist())
    assert [one.tolist() for one in split(wide, most=least)] == [one.tolist() for one in split(points, most=least)]


def test_by_hand() -> None:
    """Around the origin no square below the whole holds both sides: four tiles, from the south-west."""
    middle = [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0), (999.9, 999.9)]
    assert [tile.tolist() for tile in split(boxes(middle), most=4)] == [[3], [2], [1], [0, 4]]
    assert [tile.tolist() for tile in split(boxes(middle), most=5)] == [[0, 1, 2, 3, 4]]


def test_a_crowd_in_one_square_stays_together() -> None:
    assert [len(tile) for tile in split(boxes([(500.0, 500.0)] * 30), most=4)] == [30]


@pytest.mark.parametrize("far", [1e10, -1e10, 1e300])
def test_beyond_the_grid_is_its_edge(far: float) -> None:
    assert sorted(np.concatenate(split(boxes([(far, 0.0), (0.0, far), (0.0, 0.0)]), most=1)).tolist()) == [0, 1, 2]


def test_nobody() -> None:
    assert split(np.empty((0, 4))) == []
