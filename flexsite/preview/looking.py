"""A preview: from a study to a folder with what its rules leave of the cells of a grid."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from flexsite import __version__
from flexsite import candidates as candidate_room
from flexsite.availability.window import Clock
from flexsite.cache import sha256
from flexsite.errors import InputError
from flexsite.flat import Flat
from flexsite.geometry import WORKERS, Geometries
from flexsite.kernel import loading
from flexsite.kernel.scan import Runs
from flexsite.notices import Notices
from flexsite.opening import open_layers, read_area
from flexsite.outputs.folder import PREVIEW_RECORD
from flexsite.outputs.not_tested import untested_text
from flexsite.outputs.record import input_files, plain, sources, write_json
from flexsite.outputs.storing import stored
from flexsite.outputs.text_table import write_csv
from flexsite.outputs.withheld import public_study, shown_rules, told_layers, told_warnings
from flexsite.preview import error, patches, tally
from flexsite.preview.bands import LEAST, OUTSIDE, settle
from flexsite.preview.claims import Claim, read_claims
from flexsite.preview.grid import Bounds, Grid
from flexsite.preview.rasters import Rasters, write_names
from flexsite.preview.sources import Polygons, Way
from flexsite.study.kinds import of_one_kind

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.layers import Layers
    from flexsite.study.models import Study

METHOD: dict[Way, str] = {
    "shares": "exact share of each cell under the features of a rule, ground under several of them once",
    "centres": "whole cells, by what lies on their centre: an approximation, with an error up to a cell along every "
    "edge",
}
ASSUMPTION = (
    "a rule takes of a cell that earlier rules took in part in proportion to what they left: where several rules share "
    "a cell, how their features lie to each other within it is not looked at"
)
NOT_LOCATIONS = "cells are not locations: a preview says how much ground is left about where, and names no site"
_MOST_RULES = 250


@dataclass(frozen=True)
class Preview:
    """What was written.

    Attributes
    ----------
    waterfall
        As `waterfall.csv`.
    patches, patches_ha
        How many patches there are, and the ground that is left in them.
    record
        As `preview.json`.
    """

    waterfall: pd.DataFrame
    patches: int
    patches_ha: float
    record: dict[str, Any]

    @property
    def warnings(self) -> list[str]:
        """What the reader should know."""
        return list(self.record["warnings"])


def preview(
    study: Study,
    folder: Path,
    *,
    cell: float = 10.0,
    way: Way = "shares",
    exact: bool = False,
    progress: Callable[[str], None] | None = None,
    workers: int | None = None,
) -> Preview:
    """Look at a study on a grid, quickly, and write what is found into a folder.

    Parameters
    ----------
    study
        From `flexsite.load`. Its rules have the effects they have in a run; access and profiles are left out.
    folder
        Receives waterfall.csv, available.tif, taken_by.tif, patches.parquet and preview.json.
    cell
        Side of the cells in metres.
    way
        `shares`: exact shares of cells; `centres`: whole cells, by their centres.
    exact
        Also run the rules exactly, and report the difference.
    progress
        Told the name of each step as it begins.
    workers
        Threads, all cores when left out; the result does not depend on it.

    Raises
    ------
    InputError
        The study or its data are wrong, or the folder is foreign or cannot be written.
    """
    study = of_one_kind(study, "a preview")
    told = progress or (lambda _: None)
    WORKERS.set(workers)
    if len(study.rules) > _MOST_RULES:
        raise InputError(
            f"a preview takes at most {_MOST_RULES} rules",
            where=f"{study.path.name}, rules",
            remedy="leave some out, or use 'flexsite run'",
        )
    clock, notices, timer = Clock.of(study), Notices(), _Timer()
    if text := untested_text(study):
        notices.warn("untested", text)
    layers = open_layers(study)
    told("ground")
    area = read_area(study, layers)
    ground, bounds = _ground(study, layers, area, notices)
    grid = Grid.around(bounds, cell)
    timer.lap("ground")
    loading()
    claims = read_claims(study, layers, bounds, clock, notices, way, told)
    timer.lap("reading")
    names = shown_rules(study)
    with stored(folder, PREVIEW_RECORD) as stage:
        told("cells")
        sums, runs = _cells(stage, ground, claims, study, layers, grid, way)
        timer.lap("cells")
        told("patches")
        found = patches.of(runs, grid, study.candidates.min_area)
        timer.lap("patches")
        told("outputs")
        _write_patches(found, stage, layers)
        from flexsite.outputs.tables import waterfall_frame

        waterfall = waterfall_frame(tally.rows(sums, found, names))
        write_csv(waterfall, stage / "waterfall.csv")
        codes = {0: "", **{number: names[rule.id] for number, rule in enumerate(study.rules, start=1)}}
        write_names(stage, codes)
        timer.lap("outputs")
        true = error.exact_steps(study, layers, area, told, workers) if exact else None
        if exact:
            timer.lap("exact")
        _remark(layers, notices, way)
        record = {
            "flexsite": __version__,
            "preview": NOT_LOCATIONS,
            "cell_m": cell,
            "cells": {"rows": grid.rows, "columns": grid.columns, "with_ground": sums.cells},
            "bounds": list(grid.bounds),
            "method": METHOD[way],
            "assumption": ASSUMPTION,
            "error": error.summary(sums, names, true),
            "patches": {
                "count": len(found.area_m2),
                "area_ha": round(float(found.area_m2.sum()) / 1e4, 6),
                "least_share": LEAST,
                "min_area_m2": study.candidates.min_area,
            },
            "taken_by": {**{str(code): name for code, name in codes.items() if code}, str(OUTSIDE): "no ground"},
            "study": public_study(study),
            "inputs": {_shown(path, study): sha256(path) for path in input_files(study)},
            "sources": sources(study),
            "layers": plain(told_layers(study, {name: one.counts() for name, one in sorted(layers.report.items())})),
            "warnings": told_warnings(study, notices.texts.values()),
            "timings": timer.seconds,
        }  # fmt: skip
        write_json(record, stage / PREVIEW_RECORD)
    return Preview(waterfall, len(found.area_m2), float(found.area_m2.sum()) / 1e4, record)


def story(found: Preview) -> str:
    """What the screen says of a preview, in a few lines."""
    record, waterfall = found.record, found.waterfall
    start, left = waterfall["area_ha"].iloc[0], waterfall["area_ha"].iloc[-2]
    error = record["error"]
    cells = f"{waterfall['candidates'].iloc[-2]:,} cells of {record['cell_m']:g} m"
    by_centre = ", by their centres" if record["method"] == METHOD["centres"] else ""
    lines = [
        f"{left:,.2f} of {start:,.2f} ha left, on {cells}{by_centre}",
        f"{found.patches:,} patches of connected cells, {found.patches_ha:,.2f} ha",
        f"at most {error['bound_ha']:,.2f} ha ({error['bound_pct']:.3g} %) from the truth",
    ]
    if "difference_ha" in error:
        lines.append(f"{error['difference_ha']:+,.4f} ha ({error['difference_pct']:+.3g} %) from the exact run")
    return "\n".join([*lines, "cells are not locations"])


class _Timer:
    """Seconds per part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, part: str) -> None:
        now = time.perf_counter()
        self.seconds[part] = round(now - self._last, 3)
        self._last = now


def _ground(study: Study, layers: Layers, area: Geometries, notices: Notices) -> tuple[Polygons, Bounds]:
    """What there is before any rule: the candidates of a layer, as a run has them, or the area."""
    if study.candidates.layer is not None:
        candidates = candidate_room.build(study, layers, area, notices)
        return Polygons(candidates.shapes), candidates.bounds
    west, south, east, north = (float(value) for value in shapely.total_bounds(area))
    return Polygons(Flat.of(area)), (west, south, east, north)


def _cells(
    stage: Path, ground: Polygons, claims: list[Claim], study: Study, layers: Layers, grid: Grid, way: Way
) -> tuple[tally.Sums, Runs]:
    """Let the rules act, band after band, and write the rasters."""
    counted, runs = tally.Tally(), []
    with Rasters(stage, grid, layers.crs.to_wkt()) as files:
        for done in settle(ground, claims, grid, way):
            counted.add(done)
            runs.append(done.runs)
            files.write(done)
    return counted.sums(ground, claims, study, grid, centres=way == "centres"), Runs.join(runs)


def _write_patches(found: patches.Patches, stage: Path, layers: Layers) -> None:
    import geopandas as gpd

    count = len(found.area_m2)
    frame = gpd.GeoDataFrame(
        {"patch": np.arange(1, count + 1), "cells": found.cells, "area_m2": found.area_m2},
        geometry=found.shapes.geometry(),
        crs=layers.crs,
    )
    frame.to_parquet(stage / "patches.parquet", index=False, write_covering_bbox=True)


def _shown(path: Path, study: Study) -> str:
    return Path(os.path.relpath(path, study.path.parent)).as_posix()


def _remark(layers: Layers, notices: Notices, way: Way) -> None:
    """Warnings of the layers, and of what the method leaves out."""
    if way == "centres":
        notices.warn("centres", "cells count by their centres alone: what is smaller than a cell may be missed")
    for name, report in layers.report.items():
        for text in report.warnings:
            notices.warn(f"layer_{name}_{text}", text)
