"""Sealed: nothing runs, nothing is asked of the network, the same bytes, and nothing private for the public."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.errors import InputError
from flexsite.outputs.report import facts_in, facts_of, rebuilding, report_page, sheets_page
from flexsite.outputs.report.markup import Html, clean, el, escaped
from flexsite.outputs.report.page import POLICY, page
from flexsite.outputs.report.rebuilding import as_seen, rebuilt
from flexsite.outputs.report.speech import Speech
from flexsite.outputs.writing import refuse_unbuilt
from tests.acceptance.test_local import AUTHOR, NOTE, VETO, notes
from tests.map.hostile import PAYLOADS
from tests.outputs.helpers import box, layer, run, world
from tests.outputs.test_public import PRICE, SECRETS, private_world

from .pages import Taken, open_page
from .worlds import TESTER, rewritten, rich_world

HOSTILE = (
    *PAYLOADS,
    "\u202eabc\u202c \u200b\ufeff",
    "lone \ud800 surrogate",
    "]]>",
    "*/ } @import url(https://example.org/x.css);",
    "</svg></text><script>window.X=1</script>",
    "&lt;b&gt; &amp;amp;",
)


def test_the_page_says_what_it_lets_happen(english: Path) -> None:
    made = Taken((english / "report.html").read_text(encoding="utf-8"))
    [policy] = [one["content"] for tag, one in made.tags if tag == "meta" and one.get("http-equiv")]
    assert policy == POLICY and policy.startswith("default-src 'none'") and "script-src" not in policy
    assert not {"script", "iframe", "img", "object", "form", "input"} & {tag for tag, _ in made.tags}
    for _, attributes in made.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))


def test_the_same_inputs_give_the_same_bytes(english: Path) -> None:
    """Another run of the same study, with another number of threads."""
    again = flexsite.run(flexsite.load(english.parent / "study.yaml"), workers=1)
    assert report_page(facts_of(again)) == (english / "report.html").read_text(encoding="utf-8")


def test_the_folder_alone_gives_the_bytes_of_the_run(english: Path, dutch: Path, tmp_path: Path) -> None:
    """Moved elsewhere, without the study and its inputs."""
    for folder in (english, dutch):
        moved = tmp_path / folder.parent.name
        shutil.copytree(folder, moved)
        assert report_page(facts_in(moved)) == (folder / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("keys", [{}, {"language": "nl", "columns": {}}, {"profiles": []}, {"rules": []}])
def test_a_plain_run_gives_the_same_report_from_its_folder(keys: dict[str, Any], tmp_path: Path) -> None:
    result = run(world(tmp_path, outputs=["parquet", "report"], **keys))
    result.write(tmp_path / "out")
    assert report_page(facts_in(tmp_path / "out")) == report_page(facts_of(result))


class TestPublic:
    @pytest.fixture(scope="class")
    def runs(self, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
        folders = {}
        for audience in ("internal", "public"):
            folder = tmp_path_factory.mktemp(audience)
            path = private_world(folder, audience=audience, outputs=["parquet", "report"])
            run(path).write(folder / "out")
            folders[audience] = folder / "out"
        return folders

    def test_nothing_private_is_told(self, runs: dict[str, Path]) -> None:
        written = f"{PRICE:,.0f}"
        for audience, told in (("internal", True), ("public", False)):
            facts = facts_in(runs[audience])
            report, sheets = report_page(facts), sheets_page(facts, ["K1", "K4"])
            assert (SECRETS[0] in sheets, SECRETS[0] in report) == (told, told)
            assert any(text in sheets for text in (written, "7,654,321")) == told
            assert report == (runs[audience] / "report.html").read_text(encoding="utf-8")
        html = (runs["public"] / "report.html").read_text(encoding="utf-8")
        assert not [text for text in (*SECRETS, "prices", "7,654,321") if text in html + sheets]
        assert "public" in Taken(html).texts

    def test_a_private_rule_bears_the_word_for_it(self, tmp_path: Path) -> None:
        rules = [{"id": "secret", "exclude": "hushed", "basis": "hush"}, {"id": "reserve", "exclude": "nature"}]
        plans = {"id": "quiet_plan", "exclude": "hushed", "until": "start"}
        world(tmp_path)
        layer(tmp_path / "secret.fgb", [box(10, 10, 60, 60)], start=[2030])
        hidden = {"layers.hushed": {"path": "secret.fgb", "private": True}}
        path = world(tmp_path, hidden, rules=[*rules, plans], audience="public", outputs=["parquet", "report"])
        result = run(path)
        result.write(tmp_path / "out")
        html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
        assert not [text for text in ("secret", "hush", "quiet_plan", "quiet plan") if text in html]
        steps = [row[0] for row in Taken(html).table("What each rule costs")[1:]]
        assert sorted(steps) == ["Not public", "Planned (confidential)", "reserve"]


def _studies(tmp_path: Path) -> dict[str, Path]:
    """Studies from which all kinds of things are withheld."""
    owners = {"layer": "owners", "class": "name", "classes": {"Jansen": "other"}}
    by_name = {"layer": "owners", "name": "name", "preemption": "nature"}
    hidden = {"layers.owners": {"path": "owners.fgb", "private": True}}
    boxed = {"layers.parcels": {"path": "parcels.fgb", "private": True}}
    asks = TESTER | {"requires": {"owner": {"column": "owner", "in": ["Jansen"]}}}
    kinds = {"candidates.kind": "paddock"}
    made: dict[str, Callable[[Path], Path]] = {
        "private owners": lambda at: world(at, hidden, owners=owners, columns={}),
        "owners by name": lambda at: world(at, hidden, owners=by_name, columns={}),
        "private candidates": lambda at: world(at, boxed),
        "a kind of its own": lambda at: world(at, boxed | kinds),
        "asks for what is private": lambda at: world(at, hidden, profiles=[asks]),
        "library": lambda at: world(at, rules=["nl/grid", {"id": "planned", "exclude": "plans"}]),
        "local": lambda at: world(at, local={"path": notes(at, VETO), "veto": "exclude"}),
        "rich": rich_world,
    }
    found = {}
    for name, build in made.items():
        folder = tmp_path / name.replace(" ", "_")
        folder.mkdir()
        found[name] = rewritten(build(folder), audience="public")
    return found


def test_a_public_study_is_told_without_what_is_withheld(tmp_path: Path) -> None:
    """Whatever that is: the groups stay, and what was withheld is in no byte, in the run or from its folder."""
    for name, path in _studies(tmp_path).items():
        study = flexsite.load(path, {"sweep": {}, "sensitivity": {}, "outputs": ["parquet", "report"]})
        tree, seen = as_seen(study)
        assert [profile.id for profile in seen.profiles] == [profile.id for profile in study.profiles], name
        again = rebuilt(json.loads(json.dumps(tree)), tmp_path, "run.json")
        assert again.resolved().keys() == seen.resolved().keys(), name
        flexsite.run(study).write(path.parent / "out")
        facts = facts_in(path.parent / "out")
        html = report_page(facts)
        assert html == (path.parent / "out" / "report.html").read_text(encoding="utf-8"), name
        html += sheets_page(facts, facts.available["site_id"].tolist())
        forbidden = ["notes.geojson", NOTE, AUTHOR, "Polluted ground"]
        if "owner" in name:
            forbidden += ["Jansen", "Pietersen", "owners.fgb"]
        assert not [text for text in forbidden if text in html], name


def test_an_internal_study_is_rebuilt_as_it_is(tmp_path: Path) -> None:
    study = flexsite.load(rich_world(tmp_path))
    tree, seen = as_seen(study)
    assert seen is study
    again = rebuilt(json.loads(json.dumps(tree)), study.path.parent, "run.json")
    same = study.resolved()
    same["owners"] = {key: value for key, value in same["owners"].items() if key != "classes"} | {"classes": {}}
    assert again.resolved() == same


def test_a_public_study_that_cannot_be_told_is_refused_before_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as by a key of a later day for which there is no stand-in yet."""
    monkeypatch.setattr(rebuilding, "_fill_in", lambda _: None)
    study = flexsite.load(world(tmp_path, local=notes(tmp_path, VETO), audience="public", outputs=["report"]))
    with pytest.raises(InputError, match="cannot be read by this version"):
        refuse_unbuilt(study)


def hostile_world(folder: Path) -> Path:
    """Every text that a study may hold is an attack: names, labels, sources, columns, values, ids of sites."""
    path = rich_world(folder)
    n = len(HOSTILE)
    texts = [one.replace("\x00", "").encode("utf-8", "ignore").decode() for one in HOSTILE]
    turn = [texts[k % n] for k in range(4 * n)]
    shapes = [box(30 * i, 0, 30 * i + 28, 40) for i in range(n)]
    layer(folder / "parcels.fgb", shapes, code=[f"{text} {k}" for k, text in enumerate(texts)])
    layer(folder / "towns.fgb", [box(30 * i, -100, 30 * i + 30, 900) for i in range(n)], name=texts)
    layer(folder / "area.fgb", [box(-100, -100, 30 * n, 900)])
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    label = {"nl": texts[0], "en": texts[1] + texts[4]}
    tree |= {"name": "".join(texts), "candidates": {"layer": "parcels", "id": "code", "min_area": 100}}
    for place, name in enumerate(tree["layers"]):
        if not isinstance(tree["layers"][name], dict):
            tree["layers"][name] = {"path": tree["layers"][name]}
        tree["layers"][name] |= {"source": turn[place], "licence": turn[place + 1], "date": turn[place + 2]}
    for place, rule in enumerate(tree["rules"]):
        rule |= {"label": turn[place + 5], "basis": turn[place + 6], "source": turn[place + 7], "note": turn[place]}
    tree["rules"].append({"id": "weigh", "mark": "nature", "label": texts[9], "basis": texts[8]})
    tree["columns"]["municipality"]["label"] = label
    tree["access"]["measures"][0]["label"] = texts[10]
    for profile in tree["profiles"]:
        profile |= {"label": label}
        for part in (*profile["requires"].values(), *profile["criteria"].values(), profile["unit"]):
            part |= {"basis": texts[2], "source": texts[3], "certainty": texts[5], "note": texts[6]}
    tree["sweep"]["near"]["label"] = texts[7]
    path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


@pytest.mark.browser
def test_a_hostile_study_runs_nothing_and_is_shown_as_it_is(browser: Any, tmp_path: Path) -> None:
    result = run(hostile_world(tmp_path), language="nl")
    result.write(tmp_path / "out")
    facts = facts_in(tmp_path / "out")
    ids = facts.available["site_id"].tolist()
    (tmp_path / "out" / "sheets.html").write_text(sheets_page(facts, ids), encoding="utf-8")
    for name in ("report.html", "sheets.html"):
        opened = open_page(browser, tmp_path / "out" / name)
        opened.quiet()
        assert opened.page.evaluate("window.X") is None
        assert opened.page.evaluate("document.scripts.length") == 0
        assert opened.page.title().startswith("</script><script>window.X=1</script>")
        shown = opened.page.evaluate("document.body.textContent")
        for text in ("</script><script>window.X=1</script>", "{{ 7*7 }}", "{% raw %}", "-->", "]]>", "&lt;b&gt;"):
            assert text in shown, text
        assert "49" not in re.sub(r"[\d.,]*\d[\d.,]*49|49[\d.,]*\d", "", opened.page.title())
        opened.page.context.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_text_stays_text(text: str) -> None:
    made = el("p", text, title=text)
    parsed = Taken(f"<div>{made}</div>")
    assert parsed.tags[1] == ("p", {"title": clean(text)}) and [tag for tag, _ in parsed.tags] == ["div", "p"]
    assert parsed.text == " ".join(clean(text).split())
    made.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_title_ends_neither_the_style_sheet_nor_the_page(text: str) -> None:
    """It stands above every printed page, as a string of the style sheet."""
    made = Taken(page(text, "internal use", Speech("en"), el("p", "body")))
    assert [tag for tag, _ in made.tags if tag in ("style", "script", "img", "svg", "body")] == ["style", "body", "svg"]
    [sheet] = re.findall(r"<style>(.*)</style>", made.html, re.DOTALL)
    [told] = re.findall(r"@top-left \{ content: \"([^\"]*)\"; \}", sheet)
    number = re.compile(r"\\([0-9a-f]{6}) ")
    assert number.sub(lambda found: chr(int(found.group(1), 16)), told) == clean(text, 70)


def test_a_megabyte_is_cut_and_markup_is_not() -> None:
    assert len(escaped("<" * 1_000_000)) < 3000
    assert len(escaped(Html("x" * 5000))) == 5000
    assert el("path", d=Html("M0 0" * 1000)).count("M0 0") == 1000
