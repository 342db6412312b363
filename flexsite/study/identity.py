"""What a layer is, for those who keep what they made of it: the content of its files and how the study reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flexsite.rulebook import plans_path

if TYPE_CHECKING:
    from flexsite.study.layer import Layer

_INSTEAD = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".gml": (".xsd", ".gfs"),
    ".csv": (".csvt", ".prj"),
    ".tif": (".tfw", ".prj"),
}
"""Files beside a file that say something of it, by their suffix instead of its own."""
_BEHIND = (".aux.xml", ".msk", ".ovr", "-wal")
"""Others, by what stands behind its whole name."""


def identity(layer: Layer, digest: Callable[[Path], str]) -> dict[str, Any] | None:
    """All that the features of a layer depend on.

    Parameters
    ----------
    digest
        Gives the fingerprint of a file's content.

    Returns
    -------
    Fingerprints of its files and the settings of the study, or None where they do not tell everything: then nothing
    made of the layer may be kept.
    """
    files = files_of(layer.path)
    aside = {"path", "coverage", "source", "date", "licence", "private"}
    about = layer.model_dump(mode="json", exclude={**dict.fromkeys(aside, True), "table": {"path"}})
    if layer.table is not None:
        if not layer.table.path.is_file():
            return None
        about["table"]["file"] = [layer.table.path.name, digest(layer.table.path)]
    if layer.role == "plans":
        about["rulebook"] = digest(plans_path())
    coverage: Any = layer.coverage
    if isinstance(layer.coverage, Path):
        beside = files_of(layer.coverage)
        if beside is None:
            return None
        coverage = {path.name: digest(path) for path in beside}
    if files is None:
        return None
    inside = layer.path.as_posix().removeprefix(files[0].parent.as_posix()) if files else ""
    return {"files": {path.name: digest(path) for path in files}, "inside": inside, "coverage": coverage, **about}


def files_of(path: Path) -> list[Path] | None:
    """Files on disk that a path means, also of a path within an archive; None for one within a folder of files."""
    base = next((one for one in [path, *path.parents] if one.is_file() or one.is_dir()), path)
    if base.is_dir():
        return sorted(one for one in base.rglob("*") if one.is_file()) if base == path else None
    beside = [base.with_suffix(suffix) for suffix in _INSTEAD.get(base.suffix.lower(), ())]
    beside += [base.with_name(base.name + text) for text in _BEHIND]
    return [base, *(one for one in beside if one.is_file())]
