"""Names of owners are in no byte of any output, message or cache; their classes are."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from flexsite.availability.work import Crew
from flexsite.cache import Cache
from flexsite.pipeline import run
from flexsite.study.loading import load
from tests.acceptance.helpers import box, cli, vector
from tests.outputs.test_public import readable

from .worlds import row_of, world

NAMES = ["Gemeente Magrathea", "Zaphod Beeblebrox", "Slartibartfast Vastgoed B.V.", "Trillian McMillan"]
SECRETS = ["Magrathea", "Beeblebrox", "Slartibartfast", "Trillian", "McMillan"]
OUTPUTS = ["parquet", "gpkg", "excluded", "map", "xlsx"]


def secret_world(folder: Path, **keys: Any) -> Path:
    vector(folder / "pre.gpkg", [box(0, 0, 50, 50)])
    (folder / "mine.yaml").write_text(yaml.safe_dump([{"class": "state", "words": ["beeblebrox"]}]), encoding="utf-8")
    owners = {"layer": "owned", "name": "naam", "right": "recht", "preemption": "pre", "patterns": "mine.yaml"}
    owned = {"naam": NAMES, "recht": ["Eigendom", "Erfpacht", "Eigendom", None]}
    layers = {"pre": "pre.gpkg", **keys.pop("layers", {})}
    given = {"owners": owners, "layers": layers, "outputs": OUTPUTS, "lead_times": "nl", "terms": [5, 10]} | keys
    return world(folder, 4, row_of(4), owned, variants={"short": {"term": 5}}, **given)


def texts(folder: Path) -> dict[str, str]:
    """Everything that the files of a folder say, those within archives of arrays and sheets too."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        text = readable(path)
        if path.suffix in {".npz", ".xlsx"}:
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
                inside = [archive.read(name).replace(b"\0", b"") for name in archive.namelist()]
            text += "\n".join(data.decode("utf-8", errors="replace") for data in inside)
        found[path.relative_to(folder).as_posix()] = text
    return found


def leaks(found: dict[str, str]) -> list[tuple[str, str]]:
    return [(name, secret) for name, text in found.items() for secret in SECRETS if secret.lower() in text.lower()]


def test_this_search_finds_what_is_there(tmp_path: Path) -> None:
    secret_world(tmp_path)
    np.savez(tmp_path / "kept.npz", names=np.array(NAMES))
    assert {name for name, _ in leaks(texts(tmp_path))} >= {"owned.gpkg", "kept.npz", "mine.yaml"}


@pytest.mark.parametrize("audience", ["internal", "public"])
def test_no_name_leaves_a_run(tmp_path: Path, audience: str) -> None:
    (tmp_path / "in").mkdir()
    study = load(secret_world(tmp_path / "in", audience=audience))
    steps: list[str] = []
    with Cache(tmp_path / "cache") as cache:
        result = run(study, progress=steps.append, crew=Crew(1, cache))
        result.write(tmp_path / "out")
        again = run(study, crew=Crew(1, cache))
    assert again.sites.equals(result.sites) and again.tables["owners"].equals(result.tables["owners"])
    found = texts(tmp_path / "out")
    kept = texts(tmp_path / "cache")
    assert len(found) >= 10 and any("owners" in name for name in kept)
    assert leaks(found | kept) == []
    assert leaks({"told": "\n".join([*steps, *result.warnings, repr(result.sites), repr(result.tables)])}) == []
    assert result.sites["owner_class"].tolist() == ["municipality", "state", "commercial", "other"]
    assert {"owner_class", "right", "price_class"} <= set(result.sites.columns)
    assert "municipality" in found["owners.csv"]


def test_nor_a_command(tmp_path: Path) -> None:
    path = secret_world(tmp_path)
    vector(tmp_path / "plots.gpkg", row_of(4), plot_id=list("abcd"))
    done = [
        cli("run", path, "--out", tmp_path / "out", "--quiet"),
        cli("check", path),
        cli("screen", tmp_path / "plots.gpkg", "--study", path, "--out", tmp_path / "screened", "--quiet"),
    ]
    assert [one.code for one in done] == [0, 0, 0]
    assert leaks({"said": "".join(one.out + one.err for one in done)}) == []
    assert leaks(texts(tmp_path / "screened")) == []


def test_nor_a_check_of_a_rule_that_matches_names(tmp_path: Path) -> None:
    rule = {"id": "one", "exclude": "owned", "match": {"naam": ["Arthur Dent"]}}
    done = cli("check", secret_world(tmp_path, rules=[rule]))
    assert "0 features" in done.out and leaks({"said": done.out + done.err}) == []


def test_names_in_a_column_of_classes_are_counted_only(tmp_path: Path) -> None:
    """Who maps names to classes in the study has written names in it; the record says how many."""
    owners = {"layer": "owned", "class": "naam", "classes": {NAMES[0]: "municipality", NAMES[3]: "other"}}
    changes = {"moved": {f"owners.classes.{NAMES[1]}": "state"}, "whole": {"owners": {**owners, "class": "naam"}}}
    path = secret_world(tmp_path, owners=owners)
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**study, "variants": changes}, sort_keys=False), encoding="utf-8")
    result = run(load(path))
    assert result.sites["owner_class"].tolist() == ["municipality", "unknown", "unknown", "other"]
    assert result.variants["moved"].sites["owner_class"].tolist() == ["municipality", "state", "unknown", "other"]
    result.write(tmp_path / "out")
    assert leaks(texts(tmp_path / "out")) == []
    record = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["study"]["owners"]["classes"] == {"municipality": 1, "other": 1}


def test_a_private_layer_gives_classes_to_the_public_and_nothing_else(tmp_path: Path) -> None:
    private = {
        "owned": {"path": "owned.gpkg", "private": True},
        "pre": {"path": "pre.gpkg", "private": True},
    }
    for audience in ("internal", "public"):
        folder = tmp_path / audience
        folder.mkdir()
        run(load(secret_world(folder, audience=audience, layers=private))).write(folder / "out")
    inside, outside = (texts(tmp_path / audience / "out") for audience in ("internal", "public"))
    for word in ("owned", "naam", "recht", "preemption", "pre.gpkg"):
        assert word in inside["run.json"]
    record = json.loads((tmp_path / "public" / "out" / "run.json").read_text(encoding="utf-8"))
    assert record["withheld"]["layers"] == ["owned", "pre"]
    assert record["study"]["owners"] == {"patterns": "mine.yaml", "classes": {}}
    assert "naam" not in outside["run.json"] and "recht" not in outside["run.json"]
    for name, text in outside.items():
        assert [word for word in ("owned.gpkg", "pre.gpkg", "preemption") if word in text] == [], name
    assert inside["owners.csv"] == outside["owners.csv"]
