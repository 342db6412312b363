"""What judges a site anew when a reader moves the bound of a requirement: exactly as Python would.

The numbers of a measure are stored to so many decimals. A bound that has no more than these is compared with them
exactly, as for every site a bit says whether its true number is above what is stored, another whether it is below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite.outputs.map.columns import column_of, labelled, plain

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from flexsite.outputs.map.columns import Columns
    from flexsite.outputs.map.data import RequirementInfo, TestInfo

Stored = dict[str, Any]


class Bounds:
    """Collects the columns that requirements look at; each is stored once.

    Parameters
    ----------
    columns
        Where bytes go.
    sites
        The sites in the order of the map.
    shown
        Columns that the map has already: a place to point to, and what is stored there.
    """

    def __init__(
        self, columns: Columns, sites: gpd.GeoDataFrame, shown: dict[str, tuple[tuple[str, int], Stored | None]]
    ) -> None:
        self._columns = columns
        self._sites = sites
        self._shown = shown
        self._places: dict[str, int] = {}
        self._stored: list[Stored] = []
        self.bounded: list[Stored] = []

    def requirements(self, items: Sequence[RequirementInfo]) -> list[Stored]:
        """The requirements of a profile, with their tests where bounds can move."""
        return [
            {
                "id": item.id,
                "text": labelled(item.text),
                **({"tests": [self._test(test) for test in item.tests]} if item.tests else {}),
                **({"kinds": list(item.kinds)} if item.kinds else {}),
            }
            for item in items
        ]

    def _test(self, test: TestInfo) -> Stored:
        if test.at_most is None and test.at_least is None:
            return {"label": labelled(test.label), "verdict": self._verdict(self._sites[test.column].to_numpy())}
        place = self._place(test)
        limits = {name: getattr(test, name) for name in ("at_most", "at_least") if getattr(test, name) is not None}
        told = {"of": place, "label": labelled(test.label), "unit": test.unit}
        told |= {name: plain(limit) for name, limit in limits.items()}
        decimals = self._stored[place].get("decimals")
        if decimals is not None and any(
            round(limit * 10**decimals) / 10**decimals != limit for limit in limits.values()
        ):
            told["verdict"] = self._verdict(self._judged(test))
        return told

    def _place(self, test: TestInfo) -> int:
        """Where the column of a test stands among the bounded ones."""
        if test.column not in self._places:
            pointer, stored = self._shown.get(test.column, (None, None))
            if stored is None or "words" in stored:
                pointer, stored = None, column_of(self._columns, self._sites, test.column)
            if stored is None:
                raise ValueError(f"the sites lack the column {test.column!r} of a requirement")
            self._places[test.column] = len(self.bounded)
            self._stored.append(stored)
            self.bounded.append({"at": list(pointer)} if pointer else {"value": stored})
            self.bounded[-1] |= self._beside(test.column, stored)
        return self._places[test.column]

    def _beside(self, name: str, stored: Stored) -> Stored:
        """Bits of the sites whose number is above or below what is stored; none where all are as stored."""
        if "decimals" not in stored:
            return {}
        values = self._numbers(name)
        scale = 10 ** stored["decimals"]
        kept = np.rint(values * scale) / scale
        with np.errstate(invalid="ignore"):
            sides = {"above": values > kept, "below": values < kept}
        return {
            side: self._columns.raw(np.packbits(mask, bitorder="little").tobytes(), "u1")
            for side, mask in sides.items()
            if mask.any()
        }

    def _numbers(self, name: str) -> NDArray[np.float64]:
        numbers: NDArray[np.float64] = self._sites[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return numbers

    def _judged(self, test: TestInfo) -> NDArray[np.uint8]:
        values = self._numbers(test.column)
        passes = ~np.isnan(values)
        with np.errstate(invalid="ignore"):
            if test.at_most is not None:
                passes &= values <= test.at_most
            if test.at_least is not None:
                passes &= values >= test.at_least
        return np.where(np.isnan(values), 2, passes).astype(np.uint8)

    def _verdict(self, values: NDArray[Any]) -> Any:
        return self._columns.array(values.astype(np.uint8))
