"""Writing the outputs of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from flexsite import geoparquet
from flexsite.errors import InputError
from flexsite.outputs.folder import RUN_RECORD
from flexsite.outputs.geopackage import write_gpkg
from flexsite.outputs.record import record, write_json
from flexsite.outputs.storing import stored
from flexsite.outputs.tables import hectares
from flexsite.outputs.text_table import write_csv

if TYPE_CHECKING:
    import geopandas as gpd

    from flexsite.outputs.result import Result
    from flexsite.study.models import Study

BUILT = frozenset({"parquet", "gpkg", "excluded", "tables", "xlsx", "map", "report"})
"""Outputs that this version writes."""


def refuse_unbuilt(study: Study) -> None:
    """Refuse a study that asks for an output that this version does not write, or not for its audience.

    Raises
    ------
    InputError
        With the output.
    """
    for name in study.outputs:
        if name not in BUILT:
            raise InputError(
                f"the output '{name}' is not built yet",
                where=f"{study.path.name}, outputs",
                remedy=f"choose from {', '.join(sorted(BUILT))}",
            )
    if "report" in study.outputs:
        from flexsite.outputs.report.rebuilding import as_seen

        as_seen(study)


def write(result: Result, folder: Path) -> None:
    """Write what the study asks for into a folder, run record last.

    Raises
    ------
    InputError
        The folder is foreign or cannot be written, or the study asks for an output that is not built yet.
    """
    refuse_unbuilt(result.study)
    with stored(folder) as stage:
        write_into(result, stage)


def write_into(result: Result, stage: Path) -> None:
    """Write the outputs into an existing, empty place."""
    outputs = result.study.outputs
    write_csv(result.waterfall, stage / "waterfall.csv")
    if "parquet" in outputs:
        _write_tables(result, stage)
        result.taken.to_parquet(stage / "taken.parquet", index=False)
    for name, table in result.tables.items():
        if not _asked(name, result.study):
            continue
        if "site_id" not in table.columns:
            write_csv(table, stage / f"{name}.csv")
        else:
            table.to_parquet(stage / f"{name}.parquet", index=False)
    if result.excluded is not None:
        write_geoparquet(result.excluded, stage / "excluded.parquet")
    if "gpkg" in outputs:
        write_gpkg(_for_qgis(result), stage / "sites.gpkg", "sites", style=_style(result))
    if result.shown is not None:
        write_gpkg(result.shown, stage / "shown.gpkg", "shown")
    if result.variants:
        write_csv(variants_frame(result), stage / "variants.csv")
        for name, varied in result.variants.items():
            (stage / "variants" / name).mkdir(parents=True)
            _write_tables(varied, stage / "variants" / name)
    if "xlsx" in outputs:
        from flexsite.outputs.workbook import write_workbook

        write_workbook(result, stage / "sites.xlsx")
    if "map" in outputs:
        result.map().save(stage / "map.html")
    if "report" in outputs:
        _write_report(result, stage)
    write_json(record(result), stage / RUN_RECORD)


def _asked(name: str, study: Study) -> bool:
    """Whether a further table is a file of its own: the study asks for what it counts, or for all tables."""
    return "tables" in study.outputs or {
        "best_for": False,
        "robustness": False,
        "windows": study.terms is not None,
        "capacity": study.capacity is not None,
        "capacity_totals": study.capacity is not None,
    }.get(name, True)


def _write_report(result: Result, stage: Path) -> None:
    """The report, and beside tables in parquet the borders from which sheets of sites are drawn later."""
    from flexsite.outputs.report import facts_of, report_page
    from flexsite.outputs.report.borders import FILE

    facts = facts_of(result)
    if "parquet" in result.study.outputs:
        write_geoparquet(facts.borders, stage / FILE)
    (stage / "report.html").write_bytes(report_page(facts).encode("utf-8"))


def _write_tables(result: Result, folder: Path) -> None:
    write_geoparquet(result.sites, folder / "sites.parquet")
    result.suitability.to_parquet(folder / "suitability.parquet", index=False)


def write_geoparquet(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write GeoParquet 1.1 with a box per row, in groups of rows: a reader of a window skips the groups elsewhere.

    A study may have a column of its own named `bbox`; then there is no box per row.
    """
    boxes = "bbox" not in frame.columns
    frame.to_parquet(
        path, index=False, schema_version="1.1.0", write_covering_bbox=boxes, row_group_size=geoparquet.ROWS
    )


def variants_frame(result: Result) -> pd.DataFrame:
    """Suitable sites, hectares and homes per variant and profile, and the difference with the study as it is."""
    rows = []
    base = _suitable(result)
    for name, one in {"base": result, **result.variants}.items():
        for profile, (sites, area, homes) in _suitable(one).items():
            sites0, area0, homes0 = base.get(profile, (0, 0.0, 0))
            rows.append(
                {"variant": name, "profile": profile, "sites": sites, "area_ha": area, "homes": homes, "d_sites":
                sites - sites0,
                 "d_area_ha": round(area - area0, 6) + 0.0, "d_homes": homes - homes0}
            )  # fmt: skip
    return pd.DataFrame(
        rows, columns=["variant", "profile", "sites", "area_ha", "homes", "d_sites", "d_area_ha", "d_homes"]
    )


def _suitable(result: Result) -> dict[str, tuple[int, float, int]]:
    areas = result.sites.set_index("site_id")["area_m2"]
    totals: dict[str, tuple[int, float, int]] = {}
    for profile in result.study.profiles:
        rows = result.suitability[(result.suitability["profile"] == profile.id) & result.suitability["suitable"]]
        area = hectares(float(areas.reindex(rows["site_id"]).sum()))
        totals[profile.id] = (len(rows), area, int(rows["homes"].sum()))
    return totals


def _for_qgis(result: Result) -> gpd.GeoDataFrame:
    """Sites with, per profile, whether they are suitable, their rank and homes: one layer tells the story."""
    frame = result.sites.copy()
    for profile in result.study.profiles:
        rows = (
            result.suitability[result.suitability["profile"] == profile.id]
            .set_index("site_id")
            .reindex(frame["site_id"])
        )
        frame[f"{profile.id}_suitable"] = rows["suitable"].to_numpy(dtype=bool)
        frame[f"{profile.id}_rank"] = rows["rank"].to_numpy()
        frame[f"{profile.id}_rank"] = frame[f"{profile.id}_rank"].astype("Int64")
        frame[f"{profile.id}_homes"] = rows["homes"].to_numpy()
    return frame[[*(name for name in frame.columns if name != "geometry"), "geometry"]]


_WORDS = {
    "nl": {"yes": "geschikt voor {}", "no": "beschikbaar, niet geschikt voor {}", "all": "beschikbaar"},
    "en": {"yes": "suitable for {}", "no": "available, not suitable for {}", "all": "available"},
}


def _style(result: Result) -> tuple[str, dict[str, str]]:
    words = _WORDS[result.study.language]
    if not result.study.profiles:
        return "'1'", {"1": words["all"]}
    first = result.study.profiles[0]
    label = first.name(result.study.language)
    expression = f"if(\"{first.id}_suitable\", 'yes', 'no')"
    return expression, {"yes": words["yes"].format(label), "no": words["no"].format(label)}
