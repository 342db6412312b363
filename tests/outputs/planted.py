"""A public study with a secret in every place that may be private, and a search through the bytes of its outputs."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import shapely
import yaml

from tests.acceptance.test_local import feature

from .helpers import PROFILE, X, Y, box, layer, world
from .test_public import readable

TOKEN = re.compile(r"zarquon[_ ]?([a-z0-9]+)", re.IGNORECASE)
"""Every secret bears this name and the place where it was planted."""
NUMBERS = {"price": 7654321.25, "floor": 48213.5, "figure": 61.8034}
"""Secret numbers, each of a place."""


def planted(folder: Path, **keys: Any) -> Path:
    """The study; everything private in it says `zarquon` and where."""
    hidden = {"private": True, "source": "Zarquon source", "licence": "Zarquon licence", "date": "Zarquon date"}
    layers = {
        "zarquon_prices": {"path": "zarquon_prices.gpkg", "columns": {"price": "zarquon_amount"}, **hidden}
        | {
            "table": {"path": "zarquon_table.csv", "key": "zarquon_key", "on": "code"},
            "coverage": "zarquon_known.gpkg",
        },
        "zarquon_ground": {"path": "zarquon_ground.gpkg", "where": "zarquon_where = 1", **hidden},
        "zarquon_owners": {"path": "zarquon_owners.gpkg", **hidden},
        "zarquon_preemption": {"path": "zarquon_preemption.gpkg", **hidden},
        "zarquon_towns": {"path": "zarquon_towns.gpkg", **hidden},
        "zarquon_kernels": {"path": "zarquon_towns.gpkg", "columns": {"people": "zarquon_people"}, **hidden},
        "zarquon_districts": {"path": "zarquon_towns.gpkg", "columns": {"figure": "zarquon_figure"}, **hidden},
        "zarquon_lots": {"path": "zarquon_lots.gpkg", **hidden},
        "zarquon_ditches": {"path": "zarquon_ground.gpkg", "role": "water", **hidden},
        "zarquon_projects": {"path": "zarquon_projects.gpkg", "role": "plans", **hidden}
        | {"columns": {"name": "naam", "programme": "prog", "status": "fase"}},
        "housing": {"path": "housing.gpkg", "role": "plans"}
        | {"columns": {"name": "naam", "programme": "prog", "status": "fase", "confidential": "geheim"}},
        "registry": {"path": "registry.gpkg"},
    }
    rules = [
        {"id": "reserve", "exclude": "nature"},
        *({"id": f"zarquon_{effect}", effect: "zarquon_ground", "label": f"Zarquon {effect} label", **more}
          | {"basis": "Zarquon basis", "note": "Zarquon note", "date": "Zarquon day"}
          for effect, more in {
              "exclude": {"match": {"zarquon_where": [1]}},
              "mark": {"where": "zarquon_where = 1"},
              "cap": {"homes": 12},
          }.items()),
        {"id": "zarquon_plan", "exclude": "zarquon_projects", "until": "jaar", "match": {"name": ["Zarquon plan"]}},
    ]  # fmt: skip
    profile = PROFILE | {
        "requires": PROFILE["requires"]
        | {
            "cheap": {"measure": "zarquon_cost", "at_most": 1, "label": "x"},
            "whose": {
                "any": [
                    {"column": "zarquon_holder", "in": ["Zarquon holder"]},
                    {"column": "zarquon_place", "in": ["Zarquon town"]},
                ]
            },
        },
        "unit": {"homes_per_ha": 40, "floor_area": 30},
    }
    del profile["requires"]["cheap"]["label"]
    told = {
        "layers": None,
        "rules": rules,
        "columns": {
            "zarquon_holder": {"layer": "registry", "column": "zarquon_field", "private": True}
            | {"label": "Zarquon heading"},
            "zarquon_place": {"layer": "zarquon_towns", "column": "zarquon_name", "label": {"en": "Zarquon heading"}},
            "zarquon_context": {"context": "zarquon_kernels", "village": {"column": "people", "below": 100}},
            "plan": {"layer": "housing", "column": "name"},
        },
        "owners": {"layer": "zarquon_owners", "name": "zarquon_column", "right": "zarquon_right"}
        | {"preemption": "zarquon_preemption"},
        "candidates": {"layer": "parcels", "id": "code", "min_area": 100}
        | {"also": [{"layer": "zarquon_lots", "id": "zarquon_id", "kind": "building",
                     "columns": {"floor_area": "zarquon_floor", "function": "zarquon_use"}}]},
        "access": {
            "measures": [
                {"id": "stop", "to": "stops", "mode": "straight"},
                {"id": "zarquon_cost", "value": "zarquon_prices", "column": "price", "label": "Zarquon cost"},
                {"id": "zarquon_way", "to": "zarquon_ground", "mode": "straight"},
            ],
            "shown": [{"field": "zarquon_way", "cell": 100}, {"field": "stop", "cell": 100}],
        },
        "boundaries": [{"measure": "zarquon_level", "layers": {"zarquon_area": "zarquon_districts"}}
                       | {"column": "figure", "buffer": 500, "threshold": 50}],
        "local": {"path": "zarquon_notes.geojson", "veto": "exclude"},
        "profiles": [profile],
        "terms": [5, 10],
        "variants": {
            "shorter": {"term": 3},
            "dear": {"layers.zarquon_prices.source": "Zarquon variant"},
            "asks": {"profiles.tester.requires.whose.any": [{"column": "zarquon_holder", "in": ["Zarquon variant"]}]},
        },
        "sensitivity": {"weights": {"draws": 5}, "tornado": {"keys": ["term"]}},
        "outputs": ["parquet", "gpkg", "excluded", "tables", "xlsx", "map", "report"],
    }  # fmt: skip
    path = world(folder)
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    told["layers"] = tree["layers"] | layers
    told["area"] = {"path": "zarquon_border.fgb", **hidden}
    path.write_text(yaml.safe_dump(tree | told | keys, sort_keys=False, allow_unicode=True), encoding="utf-8")
    _files(folder)
    return path


def _files(folder: Path) -> None:
    (folder / "area.fgb").rename(folder / "zarquon_border.fgb")
    whole = [box(-50, -50, 320, 200), box(320, -50, 900, 200)]
    torn = shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])  # is repaired, and a warning says so
    layer(folder / "zarquon_prices.gpkg", [*whole, torn], zarquon_amount=[NUMBERS["price"], 5.0, 5.0], code=list("abc"))
    (folder / "zarquon_table.csv").write_text("zarquon_key;zarquon_cell\na;Zarquon cell\nz;Zarquon cell\n")
    layer(folder / "zarquon_known.gpkg", [box(-100, -100, 800, 200)])
    layer(
        folder / "zarquon_ground.gpkg",
        [box(10, 10, 60, 60), torn],
        zarquon_where=[1, 1],
        zarquon_text=["Zarquon ground"] * 2,
    )
    owners = ["Zarquon Vastgoed B.V.", "Gemeente Zarquon"]
    layer(folder / "zarquon_owners.gpkg", whole, zarquon_column=owners, zarquon_right=["Zarquon recht", "Eigendom"])
    layer(folder / "zarquon_preemption.gpkg", [box(0, 0, 50, 50)], zarquon_right=["Zarquon voorkeur"])
    layer(folder / "zarquon_towns.gpkg", whole, zarquon_name=["Zarquon town", "Zarquon village"],
          zarquon_people=[50, 5000], zarquon_figure=[NUMBERS["figure"], 3.0])  # fmt: skip
    layer(folder / "zarquon_lots.gpkg", [box(600, 300, 640, 340)], zarquon_id=["L1"],
          zarquon_floor=[NUMBERS["floor"]], zarquon_use=["Zarquon use"])  # fmt: skip
    plans = {"jaar": [2030, 2031], "geheim": ["Openbaar", "Zarquon confidential"]}
    layer(folder / "zarquon_projects.gpkg", [box(420, 0, 430, 100)] * 2, naam=["Zarquon plan", "Zarquon flex"],
          prog=["permanent", "flex"], fase=["Zarquon phase", "1A"], **plans)  # fmt: skip
    layer(folder / "housing.gpkg", [box(0, 0, 90, 30), box(0, 30, 90, 100)], naam=["Openbaar hof", "Zarquon towers"],
          prog=["flex", "flex"], fase=["1A", "Zarquon stage"], **plans)  # fmt: skip
    layer(folder / "registry.gpkg", whole, zarquon_field=["Zarquon holder", "Zarquon other"])
    notes = [
        feature(box(0, 0, 100, 100), verdict="veto", reason="soil", note="Zarquon note", author="Zarquon author"),
        feature(shapely.Point(X + 220, Y + 50), note="Zarquon pin", author="Zarquon hand", meaning="Zarquon meaning"),
        feature(shapely.Point(X + 850, Y + 850), verdict="veto", note="Zarquon veto", reason="other"),
    ]
    text = json.dumps({"type": "FeatureCollection", "features": notes})
    (folder / "zarquon_notes.geojson").write_text(text, encoding="utf-8")


def everything(path: Path) -> str:
    """All that a file says, its name, the values of databases and what describes the columns of a table among it."""
    parts = [path.name, readable(path)]
    if path.suffix == ".gpkg":
        with sqlite3.connect(path) as base:
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                parts += [str(row) for row in base.execute(f'SELECT * FROM "{name}"')]  # noqa: S608 - a name of its own
    if path.suffix == ".parquet":
        parts.append(str(pq.read_schema(path).metadata) + str(pq.read_metadata(path)))
        parts += [str(pd.read_parquet(path).select_dtypes("number").to_numpy().ravel().tolist())]
    return "\n".join(parts)


def secrets_in(folder: Path) -> dict[str, set[str]]:
    """Secrets by file, what `withheld` of a record lists left out."""
    found: dict[str, set[str]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        text = everything(path)
        if path.name == "run.json":
            record = json.loads(path.read_text(encoding="utf-8"))
            text = json.dumps({key: value for key, value in record.items() if key != "withheld"})
        digits = re.sub(r"(?<=\d)[.,](?=\d{3})", "", text)
        told = {place.lower() for place in TOKEN.findall(text)}
        told |= {name for name, number in NUMBERS.items() if str(int(number)) in digits and str(number) in text}
        found[path.relative_to(folder).as_posix()] = told
    return found
