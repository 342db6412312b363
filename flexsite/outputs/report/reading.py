"""A finished run from its folder alone: its study and inputs may have moved, or be gone."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd
import shapely

from flexsite.capacity.counting import capacity_frame, totals_frame
from flexsite.errors import InputError
from flexsite.outputs.folder import RUN_RECORD
from flexsite.outputs.report.borders import AREA, FILE, no_borders
from flexsite.outputs.report.facts import Facts
from flexsite.outputs.report.rebuilding import rebuilt
from flexsite.outputs.result import Result
from flexsite.outputs.windows import asks_windows, windows_table
from flexsite.study.capacity import says_who_lives_there
from flexsite.suitability.serving import serving_tables

if TYPE_CHECKING:
    import geopandas as gpd

    from flexsite.study.models import Study

TABLES = ("capacity_totals", "robustness", "owners", "windows", "permits", "known_projects", "boundaries", "sweep",
          "tornado", "kinds")  # fmt: skip
"""Tables of a run in CSV that a report shows."""
OF_SITES = ("capacity", "best_for", "weights")
"""The same in parquet: a row is about a site."""
_TEXT = frozenset(
    """variant stage profile rule effect class label key sweep parameter parameter2 value value2 owner_class kind route
    permit basis certainty measure column a b profiles from to groups layer id name year status""".split()
)
_RISKY = ("=", "+", "-", "@", "\t")


def facts_in(folder: Path) -> Facts:
    """The facts of a finished run.

    Parameters
    ----------
    folder
        Of the run; nothing outside it is read.

    Raises
    ------
    InputError
        The folder holds no run, or not what a report needs.
    """
    if not (folder / RUN_RECORD).is_file():
        what = "holds no run: there is no run.json in it" if folder.is_dir() else "is no folder"
        raise InputError(f"'{folder}' {what}", where="flexsite report", remedy="give the folder that a run wrote")
    for name in ("sites.parquet", "suitability.parquet", "waterfall.csv"):
        if not (folder / name).is_file():
            remedy = "add parquet to 'outputs' of the study and run it again"
            raise InputError(f"the run has no {name}, from which a report is made", where=str(folder), remedy=remedy)
    record = _record(folder)
    study = rebuilt(record["study"], folder, f"{folder / RUN_RECORD}, study")
    sites = _places(folder / "sites.parquet")
    borders = _places(folder / FILE) if (folder / FILE).is_file() else no_borders(sites.crs)
    area = borders.loc[borders["kind"] == AREA, "geometry"]
    excluded = folder / "excluded.parquet"
    tables = {name: _csv(folder / f"{name}.csv") for name in TABLES if (folder / f"{name}.csv").is_file()}
    tables |= {
        name: _parquet(folder / f"{name}.parquet") for name in OF_SITES if (folder / f"{name}.parquet").is_file()
    }
    suitability = _parquet(folder / "suitability.parquet")
    tables = {**counted_again(study, sites, suitability), **tables}
    result = Result(
        study=study,
        sites=sites,
        suitability=suitability,
        waterfall=_csv(folder / "waterfall.csv"),
        taken=pd.DataFrame(),
        excluded=_places(excluded) if excluded.is_file() else None,
        area=area.iloc[0] if len(area) else shapely.GeometryCollection(),
        lay_out=_not_kept,
        assumed_complete=list(record.get("assumed_complete", [])),
        counts=dict(record.get("rows", {})),
        layers=dict(record.get("layers", {})),
        access=dict(record.get("access", {})),
        warnings=list(record.get("warnings", [])),
        timings={},
        tables=tables,
    )
    variants = folder / "variants.csv"
    lacking = [name for name in (FILE, excluded.name) if not (folder / name).is_file()]
    return Facts(
        result=result,
        tree=record["study"],
        borders=borders,
        variants=_csv(variants) if variants.is_file() else pd.DataFrame(),
        version=str(record.get("flexsite", "")),
        withheld=list(record.get("withheld", {}).get("columns", [])),
        lacking=lacking,
    )


def counted_again(study: Study, sites: gpd.GeoDataFrame, judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables that a run writes only where its study asks for them, from its sites and what was judged of them.

    Norms of one's own that are gone leave their table out.
    """
    plain = pd.DataFrame(sites.drop(columns="geometry"))
    tables = serving_tables("base", study, plain, judged)
    if asks_windows(study):
        tables["windows"] = windows_table(study, plain, judged, np.ones(len(plain), dtype=bool))
    if says_who_lives_there(study):
        try:
            capacity = capacity_frame(study, plain, judged)
        except InputError:
            return tables
        tables |= {"capacity": capacity, "capacity_totals": totals_frame("base", study, plain, capacity)}
    return tables


def _not_kept() -> NoReturn:
    raise InputError("the plots of a run are not in its folder", remedy="run the study again")


def _record(folder: Path) -> dict[str, Any]:
    place = str(folder / RUN_RECORD)
    try:
        record = json.loads((folder / RUN_RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"the record of the run cannot be read ({error})", where=place) from error
    if not isinstance(record, dict) or not isinstance(record.get("study"), dict):
        raise InputError("this is no record of a run: it has no study", where=place, remedy="run the study again")
    return record


def _broken(path: Path, error: Exception) -> InputError:
    return InputError(f"the file cannot be read ({error})", where=str(path), remedy="run the study again")


def _places(path: Path) -> gpd.GeoDataFrame:
    import geopandas as gpd

    try:
        frame = gpd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        raise _broken(path, error) from error
    return frame.drop(columns="bbox", errors="ignore")


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError, KeyError) as error:
        raise _broken(path, error) from error


def _csv(path: Path) -> pd.DataFrame:
    """A table as `flexsite.outputs.text_table` wrote it."""
    longest = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream))
        names = rows[0]
        columns = [[_text(cell) for cell in column] for column in zip(*rows[1:], strict=True)] or [[] for _ in names]
        return pd.DataFrame(
            {name: _typed(name, column) for name, column in zip(names, columns, strict=True)}, columns=names
        )
    except (OSError, ValueError, IndexError) as error:
        raise _broken(path, error) from error
    finally:
        csv.field_size_limit(longest)


def _text(cell: str) -> str:
    """Text without the apostrophe that keeps a spreadsheet from running it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_RISKY) else cell


def _typed(name: str, cells: list[str]) -> pd.Series[Any]:
    if name in _TEXT or name.startswith("v_"):
        return pd.Series(cells, dtype="str")
    if set(cells) <= {"true", "false"}:
        return pd.Series([cell == "true" for cell in cells], dtype="bool")
    whole = all(not cell or cell.lstrip("-").isdigit() for cell in cells)
    if whole:
        return pd.Series([int(cell) if cell else None for cell in cells], dtype="Int64")
    return pd.Series([float(cell) if cell else float("nan") for cell in cells], dtype="float64")
