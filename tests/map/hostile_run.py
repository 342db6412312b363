"""A study in files of which every text is an attack, each with a number, so that it is known where it is shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import shapely
import yaml

from tests.acceptance.test_local import feature
from tests.outputs.helpers import X, Y, box, layer, world

ATTACKS = (
    "</script><script>window.X=1</script>",
    "<img src=x onerror=window.X=1>",
    "\"'`${window.X=1}\\",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# note #}",
    "</title><script>window.X=1</script>",
    "</style><script>window.X=1</script>",
    "--><svg onload=window.X=1>",
    "<!--",
    "]]>",
    "javascript:window.X=1",
    "__proto__",
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "＝1+1",
    "&lt;b&gt; &amp;",
    "\u202egnp.exe\u202c",
    "zero\u200bwidth\ufeff",
    "line\nbreak\u2028\u2029end",
    "\x1b[31mred\x07",
    "W" * 300,
)
"""What is planted; a place's number follows, after a sign that occurs nowhere else."""
SIGN = "¤"
LONG = "Long " + "M" * 1_000_000
LONG_PLACES = frozenset({"municipality a", "site 1", "project", "title", "group en", "label of rule weigh en"})
"""Places that may hold a text of a million characters."""


class Planter:
    """Gives each place an attack of its own, and remembers which."""

    def __init__(self, *, long: bool = False) -> None:
        self.texts: dict[str, str] = {}
        self.long = long

    def __call__(self, place: str) -> str:
        number = len(self.texts)
        text = ATTACKS[number % len(ATTACKS)] + f"{SIGN}{number}{SIGN}"
        if self.long and place in LONG_PLACES:
            text = f"{SIGN}{number}{SIGN}" + "M" * 1_000_000
        self.texts[place] = text
        return text

    def label(self, place: str) -> dict[str, str]:
        """In both languages."""
        return {"nl": self(f"{place} nl"), "en": self(f"{place} en")}


def hostile_run(folder: Path, start: int = 0, *, long: bool = False) -> tuple[Path, dict[str, str]]:
    """The study and its texts by place.

    Parameters
    ----------
    start
        Turns the attacks, so that other places get them.
    long
        Give `LONG_PLACES` a million characters.
    """
    plant = Planter(long=long)
    for _ in range(start):
        plant(f"turn {_}")
    path = world(folder)
    odd = folder / "=1+1 {{ 7*7 }} <img src=x onerror=window.X=1> \u202egnp.fgb"
    (folder / "nature.fgb").rename(odd)
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    whole = [box(-100, -100, 350, 900), box(350, -100, 900, 900)]
    towns = [plant("municipality a"), plant("municipality b")]
    layer(folder / "towns.gpkg", whole, name=towns, other=[plant("column a"), LONG])
    shapes = [box(200 * i, 0, 200 * i + 100, 100) for i in range(4)]
    ids = [plant(f"site {i}") for i in range(4)]
    layer(folder / "parcels.gpkg", shapes, code=ids)
    layer(folder / "owners.gpkg", [box(0, 0, 320, 100), box(320, 0, 900, 100)], name=["mine", "yours"])
    layer(folder / "lots.gpkg", [box(600, 300, 640, 340)], lot=[plant("lot")], area=[900.0], use=[plant("function")])
    plans = {"naam": [plant("project"), LONG], "nummer": [plant("project id"), "2"], "prog": ["flex"] * 2}
    plans |= {"fase": ["1A", plant("status")], "jaar": [2030, 2031]}
    layer(folder / "housing.gpkg", [box(0, 110, 90, 130), box(200, 110, 290, 150)], **plans)
    told = {"source": "source", "date": "date", "licence": "licence"}
    layers: dict[str, Any] = {
        name: {"path": one} if isinstance(one, str) else one for name, one in tree["layers"].items()
    }
    layers |= {
        "nature": {"path": odd.name, "coverage": "complete"},
        "parcels": {"path": "parcels.gpkg"},
        "owners": {"path": "owners.gpkg"},
        "towns": {"path": "towns.gpkg"},
        "water": {"path": "owners.gpkg", "role": "water"},
        "lots": {"path": "lots.gpkg"},
        "housing": {"path": "housing.gpkg", "role": "plans"}
        | {"columns": {"id": "nummer", "name": "naam", "programme": "prog", "status": "fase", "start_year": "jaar"}},
    }
    layers = {
        name: one | {key: plant(f"{key} of {number}") for key in told}
        for number, (name, one) in enumerate(layers.items())
    }
    rules = [
        {"id": "reserve", "exclude": "nature", "class": "very_hard"},
        {"id": "planned", "exclude": "plans", "until": "start"},
        {"id": "weigh", "mark": "nature", "buffer": 400},
    ]
    for rule in rules:
        rule |= {key: plant(f"{key} of rule {rule['id']}") for key in ("basis", "source", "note", "date")}
        rule["label"] = plant.label(f"label of rule {rule['id']}")
    profile: dict[str, Any] = yaml.safe_load((folder / "tester.yaml").read_text(encoding="utf-8"))
    profile["label"] = plant.label("group")
    profile["about"] = plant("about group")
    for part in ("requires.near", "criteria.stop", "unit", "homes"):
        node: Any = profile
        for key in part.split("."):
            node = node[key]
        node |= {key: plant(f"{key} of {part}") for key in ("basis", "source", "note")}
        node["certainty"] = "assumption"
    profile["requires"]["town"] = {"column": "municipality", "in": [plant("asked town"), *towns]}
    profile["unit"]["floor_area"] = 25
    (folder / "tester.yaml").write_text(_yaml(profile), encoding="utf-8")
    kind = {
        "id": "shed", "label": plant.label("kind"), "about": plant("about kind"),
        "needs": {"use": {"type": "text", "label": plant.label("need")}},
        "capacity": {"method": "ground"},
        "requires": {"used": {"column": "use", "in": [plant("asked use")], "label": plant.label("kind asks")}},
        "marks": [{"id": "look", "label": plant.label("mark")}
                  | {"basis": plant("basis of mark"), "source": plant("source of mark")}],
    }  # fmt: skip
    (folder / "shed.yaml").write_text(_yaml(kind), encoding="utf-8")
    tree |= {
        "name": plant("title"),
        "layers": layers,
        "rules": rules,
        "kinds": ["shed.yaml"],
        "candidates": {"layer": "parcels", "id": "code", "min_area": 100}
        | {"also": [{"layer": "lots", "id": "lot", "kind": "shed", "columns": {"use": "use"}}]},
        "columns": {
            "municipality": {"layer": "towns", "column": "name", "label": plant.label("column municipality")},
            "other": {"layer": "towns", "column": "other", "label": plant.label("column other")},
        },
        "owners": {"layer": "owners", "class": "name", "classes": {"mine": "municipality", "yours": "commercial"}},
        "local": "notes.geojson",
        "terms": [5, 10],
        "variants": {"shorter": {"term": 3}, "renamed": {"layers.nature.source": plant("variant")}},
        "map": {"background": "osm"},
        "outputs": ["parquet", "gpkg", "excluded", "tables", "xlsx", "map", "report"],
    }
    tree["access"]["measures"][0]["label"] = plant.label("measure")
    path.write_text(_yaml(tree), encoding="utf-8")
    _notes(folder, plant)
    return path, {place: text for place, text in plant.texts.items() if not place.startswith("turn ")}


def _notes(folder: Path, plant: Planter) -> None:
    notes = [
        feature(box(0, 0, 100, 100), verdict="veto", reason="other", note=plant("veto note"), author=plant("author")),
        feature(box(200, 0, 300, 100), verdict="favourite", note="N" * 2000, author=plant("author of favourite")),
        feature(
            shapely.Point(X + 220, Y + 50), note=plant("pin"), author=plant("hand"), colour=2, meaning=plant("meaning")
        ),
        feature(shapely.Point(X + 240, Y + 50), note="\ud800 alone\x00" + plant("surrogate"), author="\udfff"),
    ]
    text = json.dumps({"type": "FeatureCollection", "features": notes})
    (folder / "notes.geojson").write_text(text, encoding="utf-8")


def _yaml(value: Any) -> str:
    """Every text in quotes with escapes: what YAML does not take as it is comes in as well."""
    return json.dumps(value)


def seen(text: str) -> str:
    """A text as far as a page can show it: white space is one space, control characters are left out."""
    return re.sub(
        r"\s+", " ", re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffd]", "", text)
    ).strip()
