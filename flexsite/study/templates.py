"""Commented studies to start from."""

from __future__ import annotations

from importlib.resources import files

from flexsite.errors import InputError
from flexsite.study.base import nearest


def template_names() -> list[str]:
    """Names that `flexsite init` takes."""
    folder = files("flexsite.study").joinpath("templates")
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def template_text(name: str) -> str:
    """A commented study, as YAML text. Raises InputError when there is none of that name."""
    if name not in template_names():
        raise InputError(
            f"there is no template '{name}'", where="flexsite init", remedy=nearest(name, template_names())
        )
    return files("flexsite.study").joinpath("templates", f"{name}.yaml").read_text(encoding="utf-8")
