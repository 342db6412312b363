"""What a report tells of, whether from a run or from its folder: the same facts give the same bytes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from flexsite import __version__
from flexsite.outputs.report.borders import borders_of
from flexsite.outputs.report.naming import Names
from flexsite.outputs.report.rebuilding import as_seen
from flexsite.outputs.report.speech import Speech
from flexsite.outputs.tables import hectares
from flexsite.outputs.withheld import study_hash
from flexsite.study.rule import RouteRule

if TYPE_CHECKING:
    import geopandas as gpd

    from flexsite.outputs.result import Result
    from flexsite.study.models import Study
    from flexsite.study.profile import Profile

MUNICIPALITY = "municipality"
"""Column of the sites that names their municipality."""


class Total(NamedTuple):
    """What suits a group: sites, hectares, homes after and before caps, and their floor area (m2, None: not known)."""

    profile: Profile
    sites: int
    area_ha: float
    homes: int
    homes_fit: int
    floor_area: float | None


@dataclass(frozen=True)
class Facts:
    """What a report tells of.

    Attributes
    ----------
    result
        Of the run, with the study as its audience may read it.
    tree
        The resolved study as `run.json` has it.
    borders
        Of the area and of municipalities: kind (`area`, `municipality`), name, geometry; simplified.
    variants
        As in `variants.csv`; empty without variants.
    version
        Of flexsite that made the run.
    withheld
        Columns that are kept from the audience.
    lacking
        Files that the folder of the run does not have and a report could do with.
    """

    result: Result
    tree: dict[str, Any]
    borders: gpd.GeoDataFrame
    variants: pd.DataFrame
    version: str = __version__
    withheld: list[str] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)

    @property
    def study(self) -> Study:
        """The study as its audience may read it."""
        return self.result.study

    @cached_property
    def speech(self) -> Speech:
        """The words of the report."""
        return Speech.of(self.study)

    @cached_property
    def names(self) -> Names:
        """What people read for ids."""
        return Names(self.study, self.speech)

    @cached_property
    def hash(self) -> str:
        """What tells this study from others."""
        return study_hash(self.tree)

    @property
    def asks_route(self) -> bool:
        """Whether the study asks by which permit route one may build."""
        return any(isinstance(rule, RouteRule) for rule in self.study.rules)

    def table(self, name: str) -> pd.DataFrame | None:
        """A table of the run, None where it has none or an empty one."""
        found = self.result.tables.get(name)
        return None if found is None or found.empty else found

    @cached_property
    def available(self) -> gpd.GeoDataFrame:
        """The available sites, by `site_id`."""
        hidden = self.result.sites["site_id"].isin(self.result.unavailable)
        return self.result.sites[~hidden].reset_index(drop=True)

    @cached_property
    def available_ha(self) -> float:
        """Their hectares."""
        return hectares(float(self.available["area_m2"].sum()))

    @cached_property
    def _judged(self) -> dict[str, pd.DataFrame]:
        # A province has millions of rows: columns of the sites are joined to few of them, in `with_sites`.
        return {str(name): rows for name, rows in self.result.suitability.groupby("profile", sort=False)}

    def judged(self, profile: str) -> pd.DataFrame:
        """Every site for a profile."""
        return self._judged.get(profile, self.result.suitability.iloc[:0])

    def suitable(self, profile: str) -> pd.DataFrame:
        """Sites that suit a profile, best first, with their area (m2)."""
        rows = self.judged(profile)
        best = rows[rows["suitable"].to_numpy(dtype=bool)].sort_values("rank", kind="stable", ignore_index=True)
        return best.assign(area_m2=self._areas.reindex(best["site_id"]).to_numpy())

    @cached_property
    def _areas(self) -> pd.Series[float]:
        return pd.Series(self.result.sites["area_m2"].to_numpy(), index=self.result.sites["site_id"].to_numpy())

    def with_sites(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Some rows about sites, with the columns of these beside them."""
        sites = self.result.sites[self.result.sites["site_id"].isin(rows["site_id"])]
        known = [name for name in sites.columns if name not in ("geometry", "bbox", *rows.columns)]
        beside = pd.DataFrame(sites).set_index("site_id")[known].reindex(rows["site_id"])
        return pd.concat([rows.reset_index(drop=True), beside.reset_index(drop=True)], axis=1)

    @cached_property
    def totals(self) -> list[Total]:
        """What suits each group, in the order of the study."""
        found = []
        for profile in self.study.profiles:
            rows = self.suitable(profile.id)
            homes = int(rows["homes"].sum())
            floor = None if profile.unit.floor_area is None else homes * profile.unit.floor_area
            area = hectares(float(rows["area_m2"].sum()))
            found.append(Total(profile, len(rows), area, homes, int(rows["homes_fit"].sum()), floor))
        return found

    @cached_property
    def waterfall(self) -> pd.DataFrame:
        """Steps of the study itself, without those of variants."""
        rows = self.result.waterfall
        return rows[rows["variant"] == "base"].reset_index(drop=True)

    def steps(self, profile: str = "") -> pd.DataFrame:
        """Steps from all candidates to what is available, or for a profile from there to what suits it."""
        return self.waterfall[self.waterfall["profile"] == profile].reset_index(drop=True)


def facts_of(result: Result) -> Facts:
    """The facts of a run.

    Parameters
    ----------
    result
        Without what its audience may not see.
    """
    from flexsite.outputs.withheld import private_columns
    from flexsite.outputs.writing import variants_frame

    tree, study = as_seen(result.study)
    return Facts(
        result=replace(result, study=study),
        tree=tree,
        borders=borders_of(result),
        variants=variants_frame(result) if result.variants else pd.DataFrame(),
        withheld=private_columns(result.study),
    )
