"""From the map to a file of notes, into the next run, and back on its map."""

from __future__ import annotations

import base64
import gzip
import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
import yaml

import flexsite
from flexsite.checking import check
from flexsite.errors import InputErrors
from tests.outputs.helpers import X, Y, box, layer, run, world

NOTE, AUTHOR = "Vogon poetry is read here", "Prostetnic Jeltz"


def feature(shape: shapely.Geometry, **told: Any) -> dict[str, Any]:
    to = pyproj.Transformer.from_crs(28992, 4326, always_xy=True)
    moved = shapely.transform(shape, lambda xy: np.column_stack(to.transform(xy[:, 0], xy[:, 1])))
    return {"type": "Feature", "geometry": shapely.geometry.mapping(moved), "properties": told}


def notes(folder: Path, *features: dict[str, Any]) -> str:
    path = folder / "notes.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
    return path.name


VETO = feature(box(0, 0, 100, 100), verdict="veto", reason="soil", note=NOTE, author=AUTHOR)
PIN = feature(shapely.Point(X + 220, Y + 50), colour=2, note="Marvin sulks here", author=AUTHOR, meaning="meet here")


def steps(result: Any) -> list[str]:
    rows = result.waterfall
    return rows.loc[(rows["stage"] == "suitability") & (rows["variant"] == "base"), "rule"].tolist()


def test_a_veto_is_shown_and_excludes_only_when_asked(tmp_path: Path) -> None:
    plain = run(world(tmp_path))
    name = notes(tmp_path, VETO, PIN)
    shown = run(world(tmp_path, local=name))
    pd.testing.assert_frame_equal(shown.suitability, plain.suitability)
    pd.testing.assert_frame_equal(shown.waterfall, plain.waterfall)
    assert not [column for column in plain.sites.columns if column.startswith("local")]
    told = shown.sites.set_index("site_id")
    assert told.loc["K1", ["local_verdict", "local_reason", "local_notes"]].tolist() == ["veto", "soil", 1]
    assert told.loc["K2", ["local_verdict", "local_reason", "local_notes"]].tolist() == ["", "", 1]

    out = run(world(tmp_path, local={"path": name, "veto": "exclude"}))
    judged = out.suitability.set_index("site_id")
    assert judged.loc["K1", "failed"] == "local"
    assert not judged.loc["K1", "suitable"] and judged.loc["K2", "suitable"]
    assert steps(out) == ["available", "local", "near", "term", "homes.min"]
    row = out.waterfall[(out.waterfall["rule"] == "local")].iloc[0]
    assert row["sites"] == 3
    assert row["removed_ha"] == 1.0
    assert judged.loc["K2", "rank"] == 1


def test_a_variant_tells_what_the_vetoes_cost(tmp_path: Path) -> None:
    name = notes(tmp_path, VETO)
    result = run(world(tmp_path, local={"path": name}, variants={"with_vetoes": {"local.veto": "exclude"}}))
    assert result.suitability.set_index("site_id").loc["K1", "suitable"]
    assert result.variants["with_vetoes"].suitability.set_index("site_id").loc["K1", "failed"] == "local"


def test_entries_on_no_site_are_counted(tmp_path: Path) -> None:
    far = feature(shapely.Point(X + 850, Y + 850), verdict="veto")
    result = run(world(tmp_path, local=notes(tmp_path, VETO, far, PIN, feature(shapely.Point(X - 90, Y), note="x"))))
    assert [text for text in result.warnings if "local" in text] == [
        "local knowledge: 1 of 2 verdicts lie on no site, 1 of 2 pins and drawings lie on no site"
    ]


def test_a_veto_survives_other_parcels_and_other_ids(tmp_path: Path) -> None:
    path = world(tmp_path, local={"path": notes(tmp_path, VETO), "veto": "exclude"})
    parcels = [box(-3, 2, 52, 98), box(52, 2, 104, 98), box(200, 0, 300, 100)]
    layer(tmp_path / "parcels.fgb", parcels, code=["N1", "N2", "N3"])
    judged = run(path).suitability.set_index("site_id")
    assert judged["failed"].str.contains("local").to_dict() == {"N1": True, "N2": True, "N3": False}


def test_notes_can_be_a_layer_of_rules(tmp_path: Path) -> None:
    drawing = feature(box(-10, -10, 50, 110), entry="drawing", note="keep free")
    name = notes(tmp_path, VETO, {**PIN, "properties": {**PIN["properties"], "entry": "pin"}}, drawing)
    path = world(tmp_path, local=name)
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    study["layers"]["notes"] = {"path": name, "coverage": "complete"}
    study["rules"] += [
        {"id": "drawn", "exclude": "notes", "where": "entry = 'drawing'"},
        {"id": "pinned", "mark": "notes", "where": "entry = 'pin'", "buffer": 20},
    ]
    path.write_text(yaml.safe_dump(study), encoding="utf-8")
    sites = run(path).sites.set_index("site_id")
    assert sites.loc["K1", "area_m2"] == pytest.approx(5000, abs=1)
    assert sites.loc["K2", "marks"] == "pinned"


def test_check_and_run_refuse_a_wrong_file(tmp_path: Path) -> None:
    path = world(tmp_path, local=notes(tmp_path, feature(shapely.Point(X, Y), verdict="burn")))
    problems, _ = check(path)
    assert ["'burn' is no verdict" in str(one) for one in problems] == [True]
    with pytest.raises(flexsite.errors.InputError, match="feature 1"):
        run(path)
    with pytest.raises(InputErrors, match=r"local\.veto"):
        flexsite.load(world(tmp_path, local={"path": "notes.geojson", "veto": "maybe"}))


def everything(folder: Path) -> str:
    """All bytes of all outputs, unpacked."""
    parts = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        data = path.read_bytes()
        parts.append(data.decode("utf-8", "replace"))
        parts.append(data.decode("utf-16-le", "ignore"))
        for block in re.findall(rb"[A-Za-z0-9+/=]{400,}", data):
            try:
                parts.append(gzip.decompress(base64.b64decode(block)).decode("utf-8", "replace"))
            except (ValueError, OSError, EOFError):
                continue
        if path.suffix == ".parquet":
            parts.append(pd.read_parquet(path).drop(columns="geometry", errors="ignore").to_string())
    return "\n".join(parts)


def test_nothing_of_it_reaches_a_public_output(tmp_path: Path) -> None:
    name = notes(tmp_path, VETO, PIN)
    keys: dict[str, Any] = {"outputs": ["parquet", "gpkg", "xlsx", "map", "tables"]}
    changes = {"with_vetoes": {"local.veto": "exclude", "local.path": name}}
    for audience in ("internal", "public"):
        result = run(
            world(tmp_path, local={"path": name, "veto": "exclude"}, audience=audience, variants=changes, **keys)
        )
        result.write(tmp_path / audience)
    secrets = [NOTE, AUTHOR, "meet here", "Marvin", "notes.geojson"]
    inside, outside = everything(tmp_path / "internal"), everything(tmp_path / "public")
    for secret in secrets:
        assert secret in inside, secret
    record = json.loads((tmp_path / "public" / "run.json").read_text(encoding="utf-8"))
    assert {"local_verdict", "local_reason", "local_notes"} <= set(record["withheld"]["columns"])
    for secret in secrets:
        assert secret not in outside, secret
    assert record["study"]["local"] == {"veto": "exclude"}
    sites = gpd.read_parquet(tmp_path / "public" / "sites.parquet")
    assert not [column for column in sites.columns if column.startswith("local")]
    failed = pd.read_parquet(tmp_path / "public" / "suitability.parquet").set_index("site_id").loc["K1", "failed"]
    assert failed == "local"


def test_the_same_notes_give_the_same_bytes(tmp_path: Path) -> None:
    path = world(tmp_path, local=notes(tmp_path, VETO, PIN), outputs=["parquet", "map"])
    written = []
    for turn in ("one", "two"):
        run(path).write(tmp_path / turn)
        written.append([(tmp_path / turn / file).read_bytes() for file in ("map.html", "sites.parquet")])
    assert written[0] == written[1]


@pytest.mark.browser
def test_the_whole_round_in_a_browser(tmp_path: Path, browser: Any) -> None:
    path = world(tmp_path, outputs=["map"], language="nl")
    run(path).write(tmp_path / "first")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        page.goto((tmp_path / "first" / "map.html").as_uri())
        page.evaluate("() => window.flexsite.ready.then(() => true)")
        page.click("button.fs-pick:has-text('K1')")
        page.click("#fs-verdict-veto")
        page.select_option("#fs-note-card-reason", "soil")
        page.fill("#fs-note-card-note", NOTE)
        page.fill("#fs-note-card-author", AUTHOR)
        page.click("#fs-card .fs-first")
        page.click("#fs-tab-notes")
        page.click("#fs-draw-pin")
        page.fill("#fs-sketch-text", f"{X + 220:.0f} {Y + 50:.0f}")
        page.keyboard.press("Tab")
        page.click("#fs-sketch .fs-first")
        with page.expect_download() as waiting:
            page.click("#fs-notes-save")
        waiting.value.save_as(tmp_path / "notes.geojson")
    finally:
        context.close()

    path = world(tmp_path, local={"path": "notes.geojson", "veto": "exclude"}, outputs=["map"], language="nl")
    result = run(path)
    told = result.sites.set_index("site_id")
    assert told["local_verdict"].to_dict() == {"K1": "veto", "K2": "", "K3": "", "K4": ""}
    assert told.loc["K1", "local_reason"] == "soil"
    assert told.loc["K2", "local_notes"] == 1
    assert result.suitability.set_index("site_id").loc["K1", "failed"] == "local"
    assert not [text for text in result.warnings if "local knowledge" in text]
    result.write(tmp_path / "second")
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 800})
    try:
        page = context.new_page()
        errors: list[str] = []
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto((tmp_path / "second" / "map.html").as_uri())
        page.evaluate("() => window.flexsite.ready.then(() => true)")
        page.click("#fs-tab-notes")
        text = page.inner_text(".fs-notes")
        assert NOTE in text and AUTHOR in text and "Vervuilde grond" in text and "Speld" in text
        assert "veto" in page.inner_text("#fs-legend")
        found = page.evaluate(f"flexsite.explain({X + 50}, {Y + 50})")
        assert found["failed"] == ["local"]
        page.click(".fs-notes button:has-text('Toon')")
        assert "Veto van wie de plek kent" in page.inner_text("#fs-card")
        assert errors == []
    finally:
        context.close()
