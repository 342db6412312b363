"""Dutch and English say the same things, and nothing stays in the other language or without words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from flexsite.outputs.report import facts_in, facts_of, report_page, sheets_page
from flexsite.outputs.report.rulebook import report_book
from flexsite.outputs.report.speech import ROOMS, Speech, strings
from flexsite.study.library import sources
from tests.outputs.helpers import run, world

from .pages import Taken
from .worlds import rich_world

HOLE = re.compile(r"\{(\w+)\}")
NOUNS = {"site", "sites", "Site", "Sites", "candidate", "candidates", "Candidates", "Candidate"}

MOVES = {"tornado": {"certainty": ["assumption"], "keys": ["candidates.min_area", "profiles.tester.homes.max"]}}


def test_every_text_is_there_in_both_languages_with_the_same_holes() -> None:
    for key, texts in strings().items():
        assert not isinstance(key, bool), f"{key} is no text: quote it"
        assert sorted(texts) == ["en", "nl"], key
        assert all(isinstance(text, str) and text.strip() for text in texts.values()), key
        # Only the study's own words for its sites may differ: Dutch has more of them in one sentence.
        own = {language: set(HOLE.findall(text)) - NOUNS for language, text in texts.items()}
        assert own["nl"] == own["en"], key


def test_no_key_stands_in_two_files() -> None:
    folder = Path(__file__).resolve().parents[2] / "flexsite" / "outputs" / "report" / "words"
    assert sorted(path.stem for path in folder.glob("*.yaml")) == sorted(ROOMS)
    keys = [key for path in folder.glob("*.yaml") for key in yaml.safe_load(path.read_text(encoding="utf-8"))]
    assert len(keys) == len(set(keys)) == len(strings())


def test_the_texts_that_the_rulebook_names_exist_and_cite_known_sources() -> None:
    book = report_book()
    for one in (*book.caveats, book.fell_away):
        assert one.source in sources(), one
    assert all(one.text in strings() for one in book.caveats)


def texts_of(html: str) -> set[str]:
    """Cells, headings and sentences of a page that hold letters."""
    page = Taken(html)
    return {" ".join(text.split()) for text in page.texts if re.search(r"[a-zA-Z]{3}", text)}


def test_no_text_of_ours_stays_untranslated(english: Path, dutch: Path) -> None:
    """What is the same in both is data, a name, or a word that both languages have."""
    for of_english, of_dutch in (
        (english / "report.html", dutch / "report.html"),
        (_sheets(english), _sheets(dutch)),
    ):
        same = texts_of(of_english.read_text(encoding="utf-8")) & texts_of(of_dutch.read_text(encoding="utf-8"))
        study = yaml.safe_load((english.parent / "study.yaml").read_text(encoding="utf-8"))
        known = {"hard", "norm", "plan", "score", "bron", "code", "west", "oost", "rang", "tester", "area", "flexsite"}
        data = {str(one).lower() for one in _values(study)} | known
        data |= {name for key in ("layers", "variants", "sweep") for name in study[key]}
        cited = {str(value).lower() for entry in sources().values() for value in entry.values()} | set(sources())
        left = {text for text in same if text.strip("()").lower() not in data and text.lower() not in cited}
        left -= {text for text in left if _is_data(text)}
        assert left == set(), left


def _is_data(text: str) -> bool:
    """Ids, files, numbers with units; titles of sources with their year; warnings, which a run writes in English."""
    return bool(
        re.fullmatch(
            r"[\w.]+\.fgb|K\d.*|[0-9a-f]{12}|[\d.,]+ (m|ha)|.*, 20\d\d|Score|Report|.*'.*'.*|near( shops)?", text
        )
    )


def _values(tree: Any) -> list[Any]:
    if isinstance(tree, dict | list):
        return [leaf for value in (tree.values() if isinstance(tree, dict) else tree) for leaf in _values(value)]
    return [tree]


def _sheets(folder: Path) -> Path:
    made = folder / "sheets.html"
    made.write_text(sheets_page(facts_in(folder), ["K1", "K3", "K4"]), encoding="utf-8")
    return made


@pytest.mark.parametrize("language", ["nl", "en"])
def test_cells_of_a_grid_are_never_called_sites(language: str, tmp_path: Path) -> None:
    """Nowhere: not in the report, not on a sheet, not in a figure."""
    path = rich_world(
        tmp_path, candidates={"grid": 100, "min_area": 100}, language=language, owners=None, sweep={}, sensitivity=MOVES
    )
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({key: one for key, one in tree.items() if one is not None}), encoding="utf-8")
    facts = facts_of(run(path))
    first = facts.available["site_id"].iloc[0]
    for html in (report_page(facts), sheets_page(facts, [first])):
        page = Taken(html)
        told = page.text + " ".join(attributes.get("aria-label") or "" for _, attributes in page.tags)
        titles = {entry["title"] for entry in sources().values()}
        for title in titles:
            told = told.replace(title, "")
        forbidden = r"(?i)\w*locatie\w*" if language == "nl" else r"(?i)\bsites?\b"
        assert re.findall(forbidden, told) == []
        assert ("rastercel" if language == "nl" else "cell") in told


def test_numbers_and_dates_as_people_write_them() -> None:
    nl, en = Speech("nl"), Speech("en")
    assert (nl.number(-1234.5, 1), en.number(-1234.5, 1)) == ("−1.234,5", "−1,234.5")
    assert [nl.hectares(value) for value in (0, 0.001, 0.456, 12.34, 1234.4)] == [
        "0",
        "&lt; 0,01",
        "0,46",
        "12,3",
        "1.234",
    ]
    assert [en.plain(value) for value in (1500, 0.25, True, "x < y")] == ["1,500", "0.25", "yes", "x &lt; y"]
    assert (nl.day("2026-03-01"), en.day("2026-03-01"), nl.day("voorjaar 2020")) == (
        "1 maart 2026", "1 March 2026", "voorjaar 2020",
    )  # fmt: skip
    assert [en.share(value) for value in (0.5, 0.005, 0.125, 1, 0)] == ["50 %", "0.5 %", "13 %", "100 %", "0 %"]
    assert nl.list(["a", "b", "c"]) == "<bdi>a</bdi>, <bdi>b</bdi> en <bdi>c</bdi>"
    assert nl.number(None) == nl.hectares(float("nan")) == nl.day(None) == "–"


def test_what_data_say_turns_nothing_around_it() -> None:
    """Text that is written from right to left stays within its own."""
    told = Speech("en").t("summary.range", few="\u202eabc", few_for="a {many}", many="<b>", many_for=2)
    assert told == (
        "It ranges from <bdi>\u202eabc</bdi> for <bdi>a {many}</bdi> to <bdi>&lt;b&gt;</bdi> for <bdi>2</bdi>."
    )


def test_a_profile_without_words_of_its_own_keeps_its_id(tmp_path: Path) -> None:
    profile = {"id": "odd_one", "unit": {"homes_per_ha": 10}}
    page = Taken(report_page(facts_of(run(world(tmp_path, profiles=[profile])))))
    assert page.row("How much, and for whom", "odd_one")["Sites"] == "4"
