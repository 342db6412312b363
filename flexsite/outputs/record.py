"""`run.json`: what was run, on which data, with which repairs and warnings."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flexsite import __version__
from flexsite.availability.projects import TABLE as KNOWN_PROJECTS
from flexsite.availability.projects import summary
from flexsite.cache import sha256
from flexsite.geometry import WORKERS
from flexsite.outputs.not_tested import not_tested
from flexsite.outputs.withheld import private_columns, private_layers, public_study
from flexsite.study.capacity import own_norms
from flexsite.study.kinds import own_kind_files
from flexsite.study.local import local_files
from flexsite.study.models import own_standards
from flexsite.study.owners import own_patterns

if TYPE_CHECKING:
    from flexsite.outputs.result import Result
    from flexsite.study.layer import Layer
    from flexsite.study.models import Study

_LIBRARIES = ("geopandas", "numpy", "pandas", "pyogrio", "pyproj", "rasterio", "shapely")
_SHAPEFILE = (".shx", ".dbf", ".prj", ".cpg")


def record(result: Result) -> dict[str, Any]:
    """Everything a reader needs to trust or repeat a run."""
    study = result.study
    projects = result.tables.get(KNOWN_PROJECTS)
    planned = {} if projects is None else {KNOWN_PROJECTS: summary(projects)}
    return {
        "flexsite": __version__,
        "libraries": {name: _version(name) for name in _LIBRARIES},
        "study": public_study(study),
        "inputs": _fingerprints(study),
        "sources": sources(study),
        "assumed_complete": result.assumed_complete,
        **not_tested(study),
        "withheld": {"layers": [*private_layers(study), *_hidden_area(study)], "columns": private_columns(study)},
        "rows": result.counts,
        "layers": {name: plain(report) for name, report in sorted(result.layers.items())},
        "access": plain(result.access),
        **planned,
        "warnings": result.warnings,
        "seeds": _seeds(study),
        "timings": result.timings,
    }


def _hidden_area(study: Study) -> list[str]:
    return ["area"] if study.audience == "public" and study.area.private else []


def _seeds(study: Study) -> dict[str, int]:
    """What every draw of chance began with."""
    asked = study.sensitivity
    return {} if asked is None or asked.weights is None else {"weights": asked.weights.seed}


def _fingerprints(study: Study) -> dict[str, str]:
    """SHA-256 of every input file, by its path from the folder of the study; files are read side by side."""
    paths = input_files(study)
    with ThreadPoolExecutor(WORKERS.get() or os.cpu_count() or 1) as pool:
        return dict(zip((_shown(path, study) for path in paths), pool.map(sha256, paths), strict=True))


def sources(study: Study) -> list[dict[str, str]]:
    """Source, date and licence of each layer, as far as the study gives them."""
    return [
        {
            "layer": name,
            "file": layer.path.name,
            "source": layer.source or "",
            "date": str(layer.date or ""),
            "licence": layer.licence or "",
            "coverage": layer.coverage
            if isinstance(layer.coverage, str)
            else layer.coverage.name
            if layer.coverage
            else "assumed complete",
        }
        for name, layer in study.layers.items()
        if name not in private_layers(study)
    ]


def input_files(study: Study) -> list[Path]:
    """Every file that the study names and that exists, sorted by name."""
    hidden = private_layers(study)
    layers: list[Layer] = [] if _hidden_area(study) else [study.area]
    layers += [layer for name, layer in study.layers.items() if name not in hidden]
    paths: list[Path | None] = [study.path, *(layer.path for layer in layers)]
    paths += [layer.coverage for layer in layers if isinstance(layer.coverage, Path)]
    paths += [layer.table.path for layer in layers if layer.table is not None]
    if study.access.streets is not None:
        paths += [study.access.streets.path, study.access.streets.nodes, study.access.streets.edges]
    if study.access.timetable is not None:
        paths += study.access.timetable.paths
    paths += _profile_files(study)
    paths += own_standards(study)
    paths += own_norms(study)
    paths += own_kind_files(study)
    paths += own_patterns(study)
    paths += local_files(study)
    found: set[Path] = set()
    for path in paths:
        if path is None:
            continue
        base = _on_disk(path)
        if base.is_dir():  # a file geodatabase
            found.update(p for p in base.rglob("*") if p.is_file())
        found.update(
            p
            for p in [base, *(base.with_suffix(suffix) for suffix in _SHAPEFILE if base.suffix.lower() == ".shp")]
            if p.is_file()
        )
    return sorted(found, key=lambda path: _shown(path, study))


def _profile_files(study: Study) -> list[Path]:
    from flexsite.study.inheriting import named_files
    from flexsite.study.yaml_source import read

    data = read(study.path).data
    return named_files(data.get("profiles") if isinstance(data, dict) else None, study.path.parent)


def _on_disk(path: Path) -> Path:
    """The file that holds a path inside an archive."""
    return next((p for p in [path, *path.parents] if p.is_file()), path)


def _shown(path: Path, study: Study) -> str:
    """A path from the folder of the study, so that the record is the same wherever the folder stands."""
    return Path(os.path.relpath(path, study.path.parent)).as_posix()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def plain(value: Any) -> Any:
    """A value of plain JSON types; data classes become mappings, NaN becomes null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value


def write_json(value: dict[str, Any], path: Path) -> None:
    """Write JSON, UTF-8, two spaces, keys in their order, a newline at the end."""
    path.write_text(
        json.dumps(plain(value), ensure_ascii=False, indent=2, allow_nan=False) + "\n", encoding="utf-8", newline="\n"
    )
