"""A public study: what is private is found in no byte of any output, however it is packed."""

from __future__ import annotations

import base64
import gzip
import json
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from flexsite.screening import screen
from flexsite.screening import write as write_screening

from .helpers import PROFILE, box, files, layer, run, world

OWNERS = ("Zaphod Beeblebrox", "Ford Prefect")
PRICE = 7654321.25
SECRETS = [*OWNERS, "7654321", "Slartibartfast"]


def unpacked(data: bytes) -> list[bytes]:
    """The bytes of a file and of every compressed block of base64 in it."""
    found = [data]
    for block in re.findall(rb"[A-Za-z0-9+/=\s]{400,}", data):
        text = re.sub(rb"\s", b"", block)
        try:
            raw = base64.b64decode(text[: len(text) // 4 * 4])
        except ValueError:
            continue
        found.append(raw)
        for inflate in (gzip.decompress, zlib.decompress, lambda raw: zlib.decompress(raw, -15)):
            try:
                found.append(inflate(raw))
            except (OSError, EOFError, zlib.error):
                continue
    return found


def readable(path: Path) -> str:
    """Everything a file says, in one text; tables are read as well, for their pages are compressed."""
    parts = [data.decode("utf-8", errors="replace") for data in unpacked(path.read_bytes())]
    parts += [data.decode("utf-16-le", errors="ignore") for data in unpacked(path.read_bytes())[:1]]
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            parts += [archive.read(name).decode("utf-8") for name in archive.namelist()]
    if path.suffix == ".parquet":
        table = pd.read_parquet(path)
        parts.append(
            " ".join(map(str, [*table.columns, *table.drop(columns="geometry", errors="ignore").to_numpy().ravel()]))
        )
    return "\n".join(parts)


def private_world(folder: Path, **keys: Any) -> Path:
    path = world(
        folder,
        {
            "layers.owners": {"path": "owners.fgb"},
            "layers.prices": {"path": "prices.fgb", "private": True},
            "columns.owner": {"layer": "owners", "column": "name", "private": True},
            "columns.price": {"layer": "prices", "column": "price"},
            "access.measures": [
                {"id": "stop", "to": "stops", "mode": "straight"},
                {"id": "cost", "value": "prices", "column": "price"},
            ],
        },
        **keys,
    )
    layer(folder / "owners.fgb", [box(0, 0, 320, 100), box(320, 0, 900, 100)], name=list(OWNERS))
    layer(folder / "prices.fgb", [box(0, 0, 900, 100)], price=[PRICE])
    layer(folder / "secret.fgb", [box(10, 10, 60, 60)])
    profile = PROFILE | {"requires": PROFILE["requires"] | {"cheap": {"measure": "cost", "at_most": 1}}}
    (folder / "tester.yaml").write_text(yaml.safe_dump(profile, sort_keys=False), encoding="utf-8")
    return path


VARIANTS = {"short": {"term": 3}, "dear": {"layers.prices.source": "Slartibartfast"}}
OUTPUTS = ["parquet", "gpkg", "excluded", "tables", "xlsx", "map"]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same world for those inside and for the public."""
    folders = {}
    for audience in ("internal", "public"):
        folder = tmp_path_factory.mktemp(audience)
        path = private_world(folder, audience=audience, outputs=OUTPUTS, variants=VARIANTS)
        run(path).write(folder / "out")
        folders[audience] = folder / "out"
    return folders


def test_this_search_finds_what_is_there(runs: dict[str, Path]) -> None:
    """In the internal run every secret is found in the tables and in the map."""
    for name in ("sites.parquet", "sites.gpkg", "sites.xlsx", "map.html", "variants/short/sites.parquet"):
        text = readable(runs["internal"] / name)
        for secret in SECRETS[:2]:
            assert secret in text, f"{secret} is not in {name}"
    assert SECRETS[2] in readable(runs["internal"] / "sites.parquet")
    assert SECRETS[2] in readable(runs["internal"] / "map.html")
    assert "Slartibartfast" in readable(runs["internal"] / "run.json")


def test_no_output_of_a_public_run_holds_a_secret(runs: dict[str, Path]) -> None:
    names = files(runs["public"])
    assert names == files(runs["internal"]) and len(names) >= 10
    for name in names:
        text = readable(runs["public"] / name)
        assert not [secret for secret in SECRETS if secret in text], name


def test_the_columns_themselves_are_gone(runs: dict[str, Path]) -> None:
    for name in ("sites.parquet", "variants/short/sites.parquet"):
        gone = set(pd.read_parquet(runs["internal"] / name)) - set(pd.read_parquet(runs["public"] / name))
        assert gone == {"owner", "owner_share", "price", "price_share", "cost_v"}
    record = json.loads((runs["public"] / "run.json").read_text(encoding="utf-8"))
    assert record["withheld"]["columns"] == ["owner", "owner_share", "price", "price_share", "cost_v"]


def test_the_rest_is_the_same(runs: dict[str, Path]) -> None:
    inside, outside = (pd.read_parquet(runs[audience] / "sites.parquet") for audience in ("internal", "public"))
    assert inside[list(outside.columns)].equals(outside)
    for name in ("suitability.parquet", "waterfall.csv", "variants.csv", "taken.parquet"):
        assert (runs["internal"] / name).read_bytes() == (runs["public"] / name).read_bytes(), name


def test_the_outline_of_a_private_layer_is_withheld(tmp_path: Path) -> None:
    rules = [{"id": "secret", "exclude": "hidden"}, {"id": "reserve", "exclude": "nature"}]
    hidden = {"layers.hidden": {"path": "secret.fgb", "private": True}}
    world(tmp_path)
    layer(tmp_path / "secret.fgb", [box(10, 10, 60, 60)])
    path = world(tmp_path, hidden, rules=rules, outputs=["excluded"])
    shown = {}
    for audience in ("internal", "public"):
        run(path, audience=audience).write(tmp_path / audience)
        shown[audience] = set(pd.read_parquet(tmp_path / audience / "excluded.parquet")["rule"])
    assert shown["internal"] - shown["public"] == {"secret"}
    record = json.loads((tmp_path / "public" / "run.json").read_text(encoding="utf-8"))
    assert record["withheld"]["layers"] == ["hidden"]
    assert "hidden" not in json.dumps({key: value for key, value in record.items() if key != "withheld"})
    waterfall = pd.read_csv(tmp_path / "public" / "waterfall.csv")
    assert waterfall["rule"].tolist()[:4] == ["start", "withheld", "reserve", "min_size"]
    assert "secret" not in (tmp_path / "public" / "run.json").read_text(encoding="utf-8")


def test_a_screening_for_the_public_holds_none_either(tmp_path: Path) -> None:
    import flexsite

    path = private_world(tmp_path, audience="public")
    layer(tmp_path / "plots.gpkg", [box(0, 0, 100, 100), box(250, 0, 300, 50)], id=["p1", "p2"])
    write_screening(screen(tmp_path / "plots.gpkg", flexsite.load(path)), tmp_path / "out")
    assert files(tmp_path / "out") == ["map.html", "run.json", "screen.csv", "screen.gpkg", "waterfall.csv"]
    for name in files(tmp_path / "out"):
        text = readable(tmp_path / "out" / name)
        assert not [secret for secret in SECRETS if secret in text], name
    assert "owner" not in pd.read_csv(tmp_path / "out" / "screen.csv").columns
