"""The rules of the house: one way through the rooms, short modules, a quick import, a clean repository."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "flexsite"

ROAD = (
    "study",
    "layers",
    "opening",
    "candidates",
    "availability",
    "access",
    "suitability",
    "capacity",
    "portfolio",
    "outputs",
    "preview",
    "demo",
    "keeping",
    "standing",
    "sensitivity",
    "pipeline",
    "screening",
    "whatif",
    "checking",
    "__init__",
    "cli",
    "__main__",
)
FREE = {
    "cache",
    "errors",
    "flat",
    "geometry",
    "geoparquet",
    "kernel",
    "memory",
    "notices",
    "rulebook",
    "values",
}  # whoever needs them may import them; they import no room
HEAVY = {"folium", "osmnx", "networkx", "matplotlib", "branca"}
QUICK = HEAVY | {"geopandas", "pandas", "rasterio", "scipy", "pyogrio", "pyarrow", "osmium", "numba"}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything a module imports, at its top or inside functions."""
    package = ["flexsite", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *filter(None, [node.module])])
            if name == "flexsite":
                yield from ((node.lineno, f"flexsite.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, name


def wrong_turns(room: str, names: list[tuple[int, str]]) -> list[str]:
    """Name the imports that go against the direction of the data."""
    wrong = []
    for line, name in names:
        parts = name.split(".")
        if parts[0] != "flexsite" or len(parts) == 1 or parts[1] == "__version__":
            continue  # the version is no room
        target = parts[1] if parts[1] in ROAD or parts[1] in FREE or (PACKAGE / parts[1]).is_dir() else "__init__"
        if (PACKAGE / f"{parts[1]}.py").exists():
            target = parts[1]
        if target == room or target in FREE:
            continue
        if room in FREE or target not in ROAD or ROAD.index(target) > ROAD.index(room):
            wrong.append(f"line {line}: {room} imports {name}")
    return wrong


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_left(path: Path) -> None:
    room = room_of(path)
    assert room in ROAD or room in FREE, f"the room '{room}' has no place on the road of design and CONTRIBUTING"
    assert wrong_turns(room, list(imported(path))) == []


def test_an_import_from_the_right_is_found() -> None:
    assert wrong_turns("layers", [(3, "flexsite.access.streets")]) == ["line 3: layers imports flexsite.access.streets"]
    assert wrong_turns("errors", [(1, "flexsite.study")]) == ["line 1: errors imports flexsite.study"]
    assert wrong_turns("access", [(1, "flexsite.layers"), (2, "flexsite.errors"), (3, "numpy")]) == []


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_shorter_than_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 400


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_heavy_libraries_are_imported_inside_functions_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {
        name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not top & HEAVY or "map" in path.parts, f"{top & HEAVY} at the top of {path.name}"


def in_a_new_python(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def test_flexsite_imports_within_300_ms_and_without_the_heavy_libraries() -> None:
    code = "import time; t = time.perf_counter(); import flexsite; print(time.perf_counter() - t)"
    in_a_new_python(code)  # compiles
    assert statistics.median(float(in_a_new_python(code)) for _ in range(3)) < 0.3
    loaded = in_a_new_python("import sys, flexsite; print(*sorted({n.split('.')[0] for n in sys.modules}))").split()
    assert not QUICK & set(loaded)


def repository_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:  # an unpacked archive without git
        made = {
            ".git",
            ".venv",
            ".mypy_cache",
            ".ruff_cache",
            ".pytest_cache",
            ".hypothesis",
            "__pycache__",
            "flexsite-demo",
        }
        return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.parts)]
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def forbidden() -> re.Pattern[str]:
    """Machine paths, registry hosts and private addresses; in pieces, so that this file does not match itself."""
    paths = ["/wo" + "rk/", "/opt" + "/fs", "/ro" + "ot/", "/ho" + "me/[a-z]", "C:\\\\Us" + "ers"]
    hosts = ["py" + "pi\\.org", "python" + "hosted", "index" + "-url", "artif" + "actory", "proxy" + "\\.golang"]
    return re.compile("|".join(paths + hosts), re.IGNORECASE)


def test_no_file_names_a_machine_or_a_registry() -> None:
    pattern = forbidden()
    assert pattern.search("read /wo" + "rk/data")
    found = []
    for path in repository_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(text.splitlines(), 1)
            if len(line) < 2000 and pattern.search(line)
        ]
    assert found == []


def test_only_the_agreed_names_stand_at_the_top() -> None:
    agreed = {
        "pyproject.toml", "constraints.txt", "README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", ".gitignore",
        ".gitattributes", ".ci", "flexsite", "data", "notebooks", "maps", "tests", "docs", "benchmarks",
    }  # fmt: skip
    assert {path.relative_to(ROOT).parts[0] for path in repository_files()} <= agreed


def test_constraints_are_plain_pins_and_cover_every_dependency() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.!+-]+", line) for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["test"]
    assert {re.split("[<>=]", item)[0].lower().replace("_", "-") for item in wanted} <= pinned
