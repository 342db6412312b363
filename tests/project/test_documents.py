"""What the documents promise: links lead somewhere, commands exist, every example of a study loads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import flexsite
from flexsite.errors import FlexsiteError
from flexsite.rulebook import profile_ids
from flexsite.study.access import Access
from flexsite.study.profile import Profile

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    path for folder in (".", "docs", "notebooks", "maps", "benchmarks") for path in (ROOT / folder).glob("*.md")
)
STUDY_DOC = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")


def examples() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```$", STUDY_DOC, flags=re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[str]:
    """Lines of a document that call the set-up script, without their comment."""
    return [line.split("#")[0].strip() for line in text.splitlines() if line.strip().startswith("python3 .ci/start.py")]


def whole_study() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(examples()[0])
    return loaded


@pytest.mark.parametrize("number", range(len(examples())))
def test_every_example_of_a_study_loads(number: int, tmp_path: Path) -> None:
    text = examples()[number]
    part = yaml.safe_load(text)
    if number == 0:
        (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
        assert flexsite.load(tmp_path / "study.yaml").name == part["name"]
        return
    study = whole_study()
    if "unit" in part:
        (tmp_path / "profile.yaml").write_text(text, encoding="utf-8")
        study["profiles"] = ["profile.yaml"]
    else:
        study |= part
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    loaded = flexsite.load(tmp_path / "study.yaml")
    if "unit" in part:
        assert loaded.profiles == [Profile.model_validate(part)]
    else:
        assert len(part) == 1
        assert len(getattr(loaded, next(iter(part)))) if isinstance(next(iter(part.values())), list) else True


ACCESS_EXAMPLES = re.findall(
    r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "access.md").read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("number", range(len(ACCESS_EXAMPLES)))
def test_every_example_of_access_loads(number: int, tmp_path: Path) -> None:
    part = yaml.safe_load(ACCESS_EXAMPLES[number])
    study = whole_study() | part | {"profiles": []}
    study["layers"] |= {name: f"{name}.gpkg" for name in ("centres", "unsafe_underpasses")}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    loaded = flexsite.load(tmp_path / "study.yaml").access
    assert len(loaded.measures) == len(part["access"].get("measures", []))
    assert len(loaded.shown) == len(part["access"].get("shown", []))


def test_every_measure_of_the_table_loads() -> None:
    text = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\{.*?\})` \|", text, flags=re.MULTILINE)
    assert len(rows) == 7
    given = [{"id": f"m{number}", **yaml.safe_load(row)} for number, row in enumerate(rows)]
    assert len(Access.model_validate({"measures": given}).measures) == 7


def test_an_example_with_a_slip_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(examples()[0].replace("buffer: 5", "bufer: 5"), encoding="utf-8")
    with pytest.raises(FlexsiteError, match="buffer"):
        flexsite.load(tmp_path / "study.yaml")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if not target.startswith("https://"):
            assert (document.parent / target).exists(), target


def test_the_documents_name_every_built_in_profile() -> None:
    groups = (ROOT / "docs" / "groups.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in STUDY_DOC + groups for name in profile_ids())


def test_the_readme_gives_two_commands_first_and_the_full_check_calls_the_second_literally() -> None:
    first, second = commands((ROOT / "README.md").read_text(encoding="utf-8"))[:2]
    assert first == "python3 .ci/start.py demo"
    assert second == (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()[-1]


def test_every_command_of_the_documents_exists() -> None:
    known = {"demo", "test", "install"}
    for document in DOCUMENTS:
        for command in commands(document.read_text(encoding="utf-8")):
            word = command.split()[2]
            if word not in known:
                asked = subprocess.run(
                    [sys.executable, "-c", "from flexsite.cli import main; main()", word, "--help"],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert asked.returncode == 0, f"{document.name}: flexsite {word}: {asked.stderr}"
                known.add(word)


def test_the_readme_fits_a_screen() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 60


class TestTheSetUp:
    """The script that the README's two commands call."""

    def copied(self, tmp_path: Path) -> Path:
        (tmp_path / ".ci").mkdir()
        for name in (".ci/start.py", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, tmp_path / name)
        return tmp_path / ".ci" / "start.py"

    def test_needs_the_standard_library_only(self) -> None:
        text = (ROOT / ".ci" / "start.py").read_text(encoding="utf-8")
        imported = set(re.findall(r"^\s*(?:import|from) (\w+)", text, flags=re.MULTILINE))
        assert imported <= sys.stdlib_module_names

    def test_explains_itself_without_setting_anything_up(self, tmp_path: Path) -> None:
        script = self.copied(tmp_path)
        shown = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
        assert "start.py demo" in shown.stdout
        assert not (tmp_path / ".venv").exists()

    def test_uses_an_environment_that_is_there_and_passes_arguments_and_exit_code_on(self, tmp_path: Path) -> None:
        script = self.copied(tmp_path)
        code = (
            "import runpy, sys, pathlib\n"
            f"ns = runpy.run_path({str(script)!r})\n"
            "folder = pathlib.Path(ns['PYTHON']).parent; folder.mkdir(parents=True)\n"
            "pathlib.Path(ns['STAMP']).write_text(ns['fingerprint']())\n"
            "pathlib.Path(ns['PYTHON']).symlink_to(sys.executable)\n"
            "sys.exit(ns['main'](['test', '--version', '-q']))\n"
        )
        # An environment of this test's own, whatever the one it runs in; the link to Python sees what this Python sees.
        paths = os.pathsep.join(path for path in sys.path if path)
        own = {**os.environ, "FLEXSITE_VENV": str(tmp_path / ".venv"), "PYTHONPATH": paths}
        shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=own)
        assert shown.returncode == 0, shown.stderr
        assert "Setting up" not in shown.stderr
        bad = code.replace("'--version', '-q'", "'--no-such-option'").replace("mkdir(parents=True)", "exists()")
        bad = bad.replace("pathlib.Path(ns['PYTHON']).symlink_to(sys.executable)\n", "")
        assert subprocess.run([sys.executable, "-c", bad], capture_output=True, check=False, env=own).returncode == 4

    def test_sets_up_again_when_the_dependencies_change(self, tmp_path: Path) -> None:
        script = self.copied(tmp_path)
        read = f"import runpy; print(runpy.run_path({str(script)!r})['fingerprint']())"

        def fingerprint() -> str:
            return subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=True).stdout

        before = fingerprint()
        assert fingerprint() == before
        with (tmp_path / "constraints.txt").open("a", encoding="utf-8") as pins:
            pins.write("another==1.0\n")
        assert fingerprint() != before
