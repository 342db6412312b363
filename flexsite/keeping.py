"""Steps whose results a run keeps for the next: candidates, columns and access measures.

Each is kept under the content of all that it depends on: the files, the settings of the study, and what came before.
Whether a result was kept or made now cannot be seen in any output.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from flexsite import candidates as candidate_room
from flexsite.availability import columns
from flexsite.availability import owners as owner_room
from flexsite.availability.work import digest
from flexsite.cache import key
from flexsite.candidates import Candidates
from flexsite.flat import Flat
from flexsite.geoparquet import read_shapes, write_shapes
from flexsite.notices import Notices
from flexsite.rulebook import owners_path
from flexsite.study.identity import files_of, identity
from flexsite.study.kinds import kind_of
from flexsite.study.models import measure_layers, own_standards
from flexsite.study.owners import own_patterns, owner_layers

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from flexsite.availability.owners import Owned
    from flexsite.availability.sites import Sites
    from flexsite.cache import Cache
    from flexsite.geometry import Floats, Geometries
    from flexsite.layers import Layers
    from flexsite.study.models import Study

ABOUT = "about.json"
SHOWN = "shown.parquet"
_PART = "part"


class Measured(NamedTuple):
    """Access measures: columns, sites without a street near, counts for the record, warnings, drawings."""

    columns: pd.DataFrame
    no_access: NDArray[np.bool_]
    info: dict[str, Any]
    warnings: Sequence[str]
    shown: gpd.GeoDataFrame | None


def candidates(study: Study, layers: Layers, area: Geometries, notices: Notices, cache: Cache | None) -> Candidates:
    """The candidates of a study, as `flexsite.candidates.build` makes them."""
    every = study.candidates.every()
    names = list(dict.fromkeys(one.layer for one in every))
    files = None if cache is None else [identity(study.layers[name], cache.digest) for name in names]
    if cache is None or files is None or None in files:
        return candidate_room.build(study, layers, area, notices)
    spec = [one.model_dump(mode="json", exclude={"min_area", "min_width"}) for one in every]
    needs = [kind_of(study, one.kind).model_dump(mode="json", include={"id", "needs"}) for one in every]
    made_of = key(
        "candidates", spec, needs, study.candidates.grid, names, files, layers.crs.to_wkt(), digest(Flat.of(area))
    )
    known = cache.get("candidates", made_of)
    if known is not None:
        about = _read(known)
        layers.recall(about)
        for at, text in about["notices"].items():
            notices.warn(at, text)
        shapes, found = read_shapes(known / "candidates.parquet", None, ["id", *about["columns"]])
        columns = {ours: found[theirs] for theirs, ours in about["columns"].items() if ours is not None}
        return Candidates(
            found["id"],
            shapes,
            study.candidates.kind,
            study.candidates.grid is not None,
            columns,
            found.get(_PART),
            tuple(one.kind for one in every) if _PART in found else (),
        )
    mine = Notices()
    with layers.noting(*names) as noted:
        built = candidate_room.build(study, layers, area, mine)
    for at, text in mine.texts.items():
        notices.warn(at, text)

    def write(folder: Path) -> None:
        columns = {f"column_{place}": name for place, name in enumerate(built.columns)}
        values = {theirs: _typed(built.columns[ours]) for theirs, ours in columns.items()}
        part = {} if built.part is None else {_PART: built.part}
        write_shapes(
            folder / "candidates.parquet", built.shapes, layers.crs.to_json(), {"id": built.ids, **values, **part}
        )
        _write(folder, {**noted.as_plain(), "notices": mine.texts, "columns": {**columns, **dict.fromkeys(part)}})

    cache.keep("candidates", made_of, write)
    return built


def _typed(values: NDArray[Any]) -> Any:
    """Text as such, also where every value is missing."""
    import pyarrow as pa

    return pa.array(values, pa.string()) if values.dtype == object else values


def column(
    sites: Sites,
    place: str,
    name: str,
    study: Study,
    layers: Layers,
    bounds: tuple[float, float, float, float],
    cache: Cache | None,
) -> tuple[NDArray[np.object_], Floats]:
    """A column joined to the sites, as `flexsite.availability.columns.join` makes it.

    Parameters
    ----------
    place
        Fingerprint of the sites.
    """
    spec = study.columns[name]
    file = None if cache is None else identity(study.layers[spec.layer], cache.digest)
    if cache is None or file is None:
        return columns.join(sites, name, study, layers, bounds)
    made_of = key("column", columns.recipe(name, study, layers), spec.layer, file, layers.crs.to_wkt(), place)
    known = cache.get("column", made_of)
    if known is not None:
        about = _read(known)
        layers.recall(about)
        kept = np.load(known / "column.npz")
        values = np.empty(len(about["values"]) + 1, dtype=object)
        values[:-1] = about["values"]
        return values[kept["code"]], kept["share"]
    with layers.noting(spec.layer) as noted:
        joined, share = columns.join(sites, name, study, layers, bounds)
    distinct = list(dict.fromkeys(joined.tolist()))
    plain = [value.item() if isinstance(value, np.generic) else value for value in distinct if value is not None]
    if all(isinstance(value, bool | int | float | str) for value in plain):
        code_of = {value: code for code, value in enumerate([one for one in distinct if one is not None])}
        code = np.array([code_of.get(value, -1) for value in joined.tolist()], dtype=np.int64)

        def write(folder: Path) -> None:
            np.savez(folder / "column.npz", code=code, share=share)
            _write(folder, {**noted.as_plain(), "values": plain})

        cache.keep("column", made_of, write)
    return joined, share


def owners(
    sites: Sites,
    place: str,
    study: Study,
    layers: Layers,
    bounds: tuple[float, float, float, float],
    cache: Cache | None,
) -> Owned:
    """Whose land the sites are, as `flexsite.availability.owners.find_owners` finds it; no name is kept."""
    names = sorted({name for _, name in owner_layers(study)})
    files = None if cache is None else [identity(study.layers[name], cache.digest) for name in names]
    if cache is None or files is None or None in files or study.owners is None:
        return owner_room.find_owners(sites, study, layers, bounds)
    made_of = key(
        "owners",
        study.owners.model_dump(mode="json", exclude={"patterns"}),
        [cache.digest(path) for path in (owners_path(), *own_patterns(study))],
        names,
        files,
        layers.crs.to_wkt(),
        place,
    )
    known = cache.get("owners", made_of)
    if known is not None:
        about = _read(known)
        layers.recall(about)
        with np.load(known / "owners.npz") as kept:
            return owner_room.Owned(**kept, notes=tuple(about["notes"]))
    with layers.noting(*names) as noted:
        found = owner_room.find_owners(sites, study, layers, bounds)

    def write(folder: Path) -> None:
        arrays = {name: value for name, value in vars(found).items() if name != "notes"}
        np.savez(folder / "owners.npz", **arrays)
        _write(folder, {**noted.as_plain(), "notes": list(found.notes)})

    cache.keep("owners", made_of, write)
    return found


def access(
    sites: gpd.GeoDataFrame,
    place: str,
    study: Study,
    layers: Layers,
    area: Geometries,
    noun: str,
    cache: Cache | None,
) -> Measured:
    """The access measures of the sites, as `flexsite.access.measures.measure` takes them."""
    spec = study.access.model_copy(update={"shown": study.visible_shown()})
    names = sorted(
        {name for one in spec.measures for name in measure_layers(one)}
        | set(spec.barriers)
        | {name for name in spec.closed if isinstance(name, str)}
    )

    def taken() -> Measured:
        from flexsite.access.measures import measure  # a quarter of a second, which nobody waits for who has none

        found = measure(
            spec, layers, sites[["site_id", "area_m2", "geometry"]], layers.crs,
            noun=noun, language=study.language, cache=cache, area=shapely.union_all(area),
        )  # fmt: skip
        flags = np.asarray(found.no_access)
        return Measured(found.columns, flags, dict(found.info), found.warnings, found.shown)

    if cache is None or not spec.measures:
        return taken()
    layer_files = {name: identity(study.layers[name], cache.digest) for name in names}
    street_files = _street_files(study, cache.digest)
    if street_files is None or None in layer_files.values():
        return taken()
    made_of = key(
        "access",
        spec.model_dump(mode="json", exclude={"streets": True, "timetable": {"path"}}),
        [type(one).kind for one in spec.measures],
        layer_files,
        street_files,
        layers.crs.to_wkt(),
        place,
        noun,
        study.language,
        [cache.digest(one) for one in own_standards(study)],
        digest(Flat.of(area)) if spec.shown else None,
    )
    known = cache.get("access", made_of)
    if known is None:
        with layers.noting(*names) as noted:
            found = taken()

        def write(folder: Path) -> None:
            found.columns.assign(no_access=found.no_access).to_parquet(folder / "access.parquet")
            if found.shown is not None:
                found.shown.to_parquet(folder / SHOWN)
            about = {"info": found.info, "warnings": list(found.warnings)}
            _write(folder, {**noted.as_plain(), **about})

        cache.keep("access", made_of, write)
        return found
    import geopandas
    import pandas as pd

    about = _read(known)
    layers.recall(about)
    table = pd.read_parquet(known / "access.parquet")
    flags = table.pop("no_access").to_numpy(dtype=bool)
    shown = geopandas.read_parquet(known / SHOWN) if (known / SHOWN).exists() else None
    return Measured(table, flags, about["info"], about["warnings"], shown)


def _street_files(study: Study, digested: Callable[[Path], str]) -> list[list[str]] | None:
    """Fingerprints of the files with streets and timetable; None where they do not tell everything."""
    paths: list[Path | None] = []
    if study.access.streets is not None:
        paths += [study.access.streets.path, study.access.streets.nodes, study.access.streets.edges]
    if study.access.timetable is not None:
        paths += study.access.timetable.paths
    found: list[list[str]] = []
    for path in paths:
        files = [] if path is None else files_of(path)
        if files is None:
            return None
        found.append([digested(one) for one in files])
    return found


def _write(folder: Path, about: dict[str, Any]) -> None:
    (folder / ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def _read(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    return found
