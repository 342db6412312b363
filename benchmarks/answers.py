"""What the right answer is, found without flexsite: the plain way with GEOS, and totals recorded elsewhere.

The plain way takes the features of each layer from each parcel, one after another. Up to `MOST` parcels it does all,
and above that a fixed sample, so that every answer of any size is checked parcel by parcel.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from region import Region
from rules import BUFFER, MIN_AREA, QUADRANT_SEGMENTS, RULES

Array = NDArray[Any]

MOST = 6_000
SAMPLE = 1_500
ROUNDED_M2 = 0.011
"""Outputs hold areas to 0.01 m2."""
EXACT_M2 = 1e-6
_AROUND = 400.0


class WrongError(Exception):
    """An answer is not the right one."""


@dataclass(frozen=True)
class Totals:
    """Of all parcels: hectares that each rule takes at its turn, hectares left, and sites with their hectares."""

    removed_ha: Mapping[str, float]
    left_ha: float
    sites: int
    sites_ha: float


RECORDED = {
    # Found by `Plain` over all parcels.
    (50_052, 20_240): Totals(
        dict(zip(RULES, (496.90, 8_074.85, 606.22, 1_592.76, 735.75, 2_673.15), strict=True)),
        12_820.80,
        20_262,
        11_227.71,
    ),
    # Found by shapely, feature by feature, and the same by DuckDB; one part more, of 2,499.9998 m2: rounded, 2,500.
    (500_207, 20_240): Totals(
        dict(zip(RULES, (4_932.53, 86_306.14, 5_946.81, 16_600.01, 7_145.26, 25_944.40), strict=True)),
        123_124.49,
        197_913,
        108_090.24,
    ),
}
"""Totals to 0.01 ha that others found, by the number of parcels and the seed of the data."""


@dataclass(frozen=True)
class Answer:
    """Of some parcels.

    Attributes
    ----------
    ids
        (n,) of the parcels.
    removed
        Rule to (n,) m2 that it takes at its turn.
    left
        (n,) m2.
    sites, sites_m2
        (n,) how many parts of at least 2,500 m2 are left, and their m2.
    totals
        Of all parcels, where all are here.
    """

    ids: Array
    removed: dict[str, Array]
    left: Array
    sites: Array
    sites_m2: Array
    totals: Totals | None


class Plain:
    """The plain way over the parcels of a region, or a sample of them."""

    def __init__(self, region: Region, most: int = MOST) -> None:
        parcels = gpd.read_parquet(region.data / "parcels.parquet", columns=["id", "geometry"])
        self.all = len(parcels) <= most
        if not self.all:
            parcels = parcels.iloc[np.sort(np.random.default_rng(1).choice(len(parcels), SAMPLE, replace=False))]
        self.ids, self.shapes = parcels["id"].to_numpy(), parcels.geometry.to_numpy()
        west, south, east, north = shapely.bounds(self.shapes).T
        around = shapely.box(west - _AROUND, south - _AROUND, east + _AROUND, north + _AROUND)
        self.layers = {}
        for name in RULES:
            shapes = gpd.read_parquet(region.data / f"{name}.parquet", columns=["geometry"]).geometry.to_numpy()
            self.layers[name] = shapes[np.unique(shapely.STRtree(shapes).query(around)[1])]
        self._known: dict[str, Answer] = {}

    def answer(self, off: Collection[str] = (), buffers: Mapping[str, float] | None = None) -> Answer:
        """Let the rules act in their order, but for those that are off, with other buffers in metres where given."""
        wide = {**BUFFER, **(buffers or {})}
        asked = f"{sorted(off)} {sorted(wide.items())}"
        if asked not in self._known:
            self._known[asked] = self._answer(off, wide)
        return self._known[asked]

    def _answer(self, off: Collection[str], wide: Mapping[str, float]) -> Answer:
        left, removed = self.shapes.copy(), {}
        size = shapely.area(left)
        for name in RULES:
            if name in off:
                continue
            shapes = self.layers[name]
            if name in wide:
                shapes = shapely.buffer(shapes, wide[name], quad_segs=QUADRANT_SEGMENTS)
            for row, feature in shapely.STRtree(shapes).query(left, predicate="intersects").T:
                left[row] = shapely.difference(left[row], shapes[feature])
            after = shapely.area(left)
            removed[name], size = size - after, after
        parts, row = shapely.get_parts(left, return_index=True)
        area = shapely.area(parts)
        large = (area >= MIN_AREA) & (shapely.get_type_id(parts) == 3)
        sites = np.bincount(row[large], minlength=len(left))
        sites_m2 = np.bincount(row[large], area[large], minlength=len(left))
        hectares = {name: float(taken.sum()) / 1e4 for name, taken in removed.items()}
        totals = Totals(hectares, float(size.sum()) / 1e4, int(sites.sum()), float(sites_m2.sum()) / 1e4)
        return Answer(self.ids, removed, size, sites, sites_m2, totals if self.all else None)


def recorded(region: Region) -> Totals | None:
    """Totals that others found for these data."""
    return RECORDED.get((int(region.meta["n"]), int(region.meta["seed"])))


def close(what: str, found: Any, right: Any, most: float) -> float:
    """The largest difference.

    Raises
    ------
    WrongError
        It is larger than `most`.
    """
    found, right = np.asarray(found, dtype=float), np.asarray(right, dtype=float)
    if found.shape != right.shape:
        raise WrongError(f"{what}: {found.size} values, not {right.size}")
    apart = np.abs(found - right)
    largest = float(apart.max(initial=0.0))
    if not largest <= most:  # also when it is NaN
        worst = int(np.argmax(apart))
        raise WrongError(f"{what}: {found.flat[worst]:.9g}, not {right.flat[worst]:.9g} (at most {most:g} apart)")
    return largest


def check_totals(what: str, waterfall: pd.DataFrame, totals: Totals, most_ha: float) -> None:
    """Compare what rules take and leave, in a table with columns rule, area_ha and removed_ha."""
    table = waterfall.set_index("rule")
    names = list(totals.removed_ha)
    close(f"{what}: hectares taken", table.loc[names, "removed_ha"], list(totals.removed_ha.values()), most_ha)
    close(f"{what}: hectares left", [table.loc[names[-1], "area_ha"]], [totals.left_ha], most_ha)


def waterfall_of(folder: Path) -> pd.DataFrame:
    """The steps of availability in the results of a run or a preview."""
    table = pd.read_csv(folder / "waterfall.csv", keep_default_na=False)
    table["area_ha"] = table["area_ha"].astype(float)
    return table[table["stage"] == "availability"]


def check_run(folder: Path, answer: Answer, totals: Totals | None) -> Totals:
    """Check the results of a run parcel by parcel, and its totals where they are known; return its totals."""
    waterfall = waterfall_of(folder)
    taken = pd.read_parquet(folder / "taken.parquet", columns=["candidate_id", "rule", "taken_m2"])
    sites = pd.read_parquet(folder / "sites.parquet", columns=["candidate_id", "area_m2"])
    ids = answer.ids.astype(str)
    for name, right in answer.removed.items():
        mine = taken[taken["rule"] == name].set_index("candidate_id")["taken_m2"]
        close(f"m2 that {name} takes", mine.reindex(ids).fillna(0.0), right, ROUNDED_M2)
    by_parcel = sites.groupby("candidate_id")["area_m2"].agg(["size", "sum"]).reindex(ids).fillna(0.0)
    close("sites per parcel", by_parcel["size"], answer.sites, 0)
    close(
        "m2 of the sites of a parcel", by_parcel["sum"], answer.sites_m2, ROUNDED_M2 * max(1, int(answer.sites.max()))
    )
    found = totals_of(waterfall, len(sites), float(sites["area_m2"].sum()) / 1e4)
    sums = taken.groupby("rule")["taken_m2"].sum() / 1e4
    for name, hectares in found.removed_ha.items():
        close(f"sum of what {name} takes", [hectares], [sums.get(name, 0.0)], 1e-6 * (len(taken) + 1))
    known = totals or answer.totals
    if known is not None:
        check_totals("all parcels", waterfall, known, 0.0051)
        close("sites", [found.sites], [known.sites], 0)
        close("hectares of sites", [found.sites_ha], [known.sites_ha], 0.0051)
    return found


def totals_of(waterfall: pd.DataFrame, sites: int, sites_ha: float) -> Totals:
    """The totals that a waterfall with these sites says."""
    table = waterfall[waterfall["rule"].isin(RULES)].set_index("rule")
    removed = {str(name): float(value) for name, value in table["removed_ha"].items()}
    return Totals(removed, float(table["area_ha"].iloc[-1]), sites, sites_ha)


def check_areas(areas: pd.DataFrame, answer: Answer) -> None:
    """Check m2 per parcel as reported: candidate_id, a column per rule, left_m2."""
    mine = areas.set_index("candidate_id").reindex(answer.ids.astype(str))
    for name, right in answer.removed.items():
        close(f"m2 that {name} takes", mine[name], right, ROUNDED_M2)
    close("m2 left", mine["left_m2"], answer.left, ROUNDED_M2)


def check_table(file: Path, answer: Answer) -> float:
    """Check m2 per parcel and combination of rules, as they are before rounding; the largest difference from GEOS."""
    with np.load(file) as table:
        ids, row, mask, area, left = (table[name] for name in ("ids", "row", "mask", "area", "start"))
        bits = dict(zip(table["names"].tolist(), table["bits"].tolist(), strict=True))
    at = pd.Index(ids).get_indexer(pd.Index(answer.ids.astype(str)))
    if (at < 0).any():
        raise WrongError("parcels that are not in the table")
    free, apart = np.ones(len(row), dtype=bool), []
    for name, right in answer.removed.items():
        under = free & ((mask >> np.uint64(bits[name])) & np.uint64(1) == 1)
        taken = np.bincount(row[under], area[under], minlength=len(ids))
        apart.append(close(f"m2 that {name} takes, in the table", taken[at], right, EXACT_M2))
        free &= ~under
        left = left - taken
    return max([*apart, close("m2 left, in the table", left[at], answer.left, EXACT_M2)])
