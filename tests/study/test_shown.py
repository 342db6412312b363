"""What a study shows of its access, and what a public one keeps to itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

import flexsite
from flexsite.errors import FlexsiteError
from flexsite.outputs.withheld import public_study
from flexsite.study.models import Study

SHOWN = [
    {"field": "open_place", "cell": 100},
    {"field": "secret_place"},
    {"route": "shelters", "site": "1"},
    {"route": "shops", "site": "1", "depart": "08:30"},
    {"reach": [15, 30], "site": "1", "mode": "walk"},
]


def study(folder: Path, audience: str, shown: object = SHOWN) -> Study:
    measures = [
        {"id": "open_place", "to": "shops", "mode": "straight"},
        {"id": "secret_place", "to": "shelters", "mode": "straight"},
    ]
    text = {
        "flexsite": 1, "name": "shown", "crs": "EPSG:28992", "date": "2026-01-01", "term": 15, "area": "area.gpkg",
        "audience": audience, "candidates": {"grid": 100},
        "layers": {"shops": "shops.gpkg", "shelters": {"path": "shelters.gpkg", "private": True}},
        "access": {"measures": measures, "shown": shown, "closed": ["shelters"]},
    }  # fmt: skip
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    return flexsite.load(path)


def test_within_the_office_all_is_shown(tmp_path: Path) -> None:
    assert len(study(tmp_path, "internal").visible_shown()) == 5


def test_in_public_nothing_of_a_private_layer(tmp_path: Path) -> None:
    public = study(tmp_path, "public")
    assert [type(one).__name__ for one in public.visible_shown()] == ["ShownField", "ShownRoute", "ShownReach"]
    told = yaml.safe_dump(public_study(public)["access"])
    assert "shelters" not in told
    assert "secret_place" not in told
    assert "shops" in told


@pytest.mark.parametrize(
    ("shown", "message"),
    [
        ([{"reach": [30, 15], "site": "1"}], "rise"),
        ([{"reach": [], "site": "1"}], "reach"),
        ([{"route": "shoos", "site": "1"}], "shoos.*not defined"),
        ([{"field": "open_plaice"}], "open_plaice.*open_place"),
        ([{"site": "1"}], "'reach', a 'route' or a 'field'"),
        ([{"reach": [15], "site": "1", "depart": "8 uur"}], "depart"),
    ],
)
def test_slips_are_refused(tmp_path: Path, shown: object, message: str) -> None:
    with pytest.raises(FlexsiteError, match=message):
        study(tmp_path, "internal", shown)
