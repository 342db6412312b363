"""Numbers that planners argue about: target groups, standards and the sources behind them, as YAML files here."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from flexsite.errors import InputError


@cache
def _folder() -> Path:
    # Not a zip: the package installs as plain files, and studies name profiles by path.
    return Path(str(files(__name__)))


@cache
def _ids(folder: str) -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (_folder() / folder).glob("*.yaml")))


def _path(kind: str, name: str) -> Path:
    known = _ids(f"{kind}s")
    if name not in known:
        raise InputError(
            f"no built-in {kind} '{name}'",
            remedy=f"built in are: {', '.join(known)}; or name the path of a {kind} file",
        )
    return _folder() / f"{kind}s" / f"{name}.yaml"


def profile_ids() -> tuple[str, ...]:
    """Return the ids of the built-in profiles, in alphabetical order.

    Examples
    --------
    >>> "starter" in profile_ids()
    True
    """
    return _ids("profiles")


def profile_path(profile_id: str) -> Path:
    """Return the file of a built-in profile.

    Parameters
    ----------
    profile_id
        One of `profile_ids`.

    Raises
    ------
    InputError
        When there is no built-in profile of that name.

    Examples
    --------
    >>> profile_path("starter").name
    'starter.yaml'
    """
    return _path("profile", profile_id)


def standard_ids() -> tuple[str, ...]:
    """Return the ids of the built-in standards of public transport, in alphabetical order.

    Examples
    --------
    >>> standard_ids()
    ('nh-knooppunt', 'pbl-crow', 'ptal', 'rail-minutes')
    """
    return _ids("standards")


def standard_path(standard_id: str) -> Path:
    """Return the file of a built-in standard of public transport.

    Parameters
    ----------
    standard_id
        One of `standard_ids`.

    Raises
    ------
    InputError
        When there is no built-in standard of that name.

    Examples
    --------
    >>> standard_path("ptal").name
    'ptal.yaml'
    """
    return _path("standard", standard_id)


def sources_path() -> Path:
    """Return the catalogue of published sources that the rulebook cites."""
    return _folder() / "sources.yaml"
