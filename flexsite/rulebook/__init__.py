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
def profile_ids() -> tuple[str, ...]:
    """Return the ids of the built-in profiles, in alphabetical order.

    Examples
    --------
    >>> "starter" in profile_ids()
    True
    """
    return tuple(sorted(path.stem for path in (_folder() / "profiles").glob("*.yaml")))


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
    if profile_id not in profile_ids():
        raise InputError(
            f"no built-in profile '{profile_id}'",
            remedy=f"built in are: {', '.join(profile_ids())}; or name the path of a profile file",
        )
    return _folder() / "profiles" / f"{profile_id}.yaml"


@cache
def standard_ids() -> tuple[str, ...]:
    """Return the ids of the built-in standards of public transport, in alphabetical order.

    Examples
    --------
    >>> standard_ids()
    ('nh-knooppunt', 'pbl-crow', 'ptal', 'rail-minutes')
    """
    return tuple(sorted(path.stem for path in (_folder() / "standards").glob("*.yaml")))


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
    if standard_id not in standard_ids():
        raise InputError(
            f"no built-in standard '{standard_id}'",
            remedy=f"built in are: {', '.join(standard_ids())}; or name the path of a standard file",
        )
    return _folder() / "standards" / f"{standard_id}.yaml"


def sources_path() -> Path:
    """Return the catalogue of published sources that the rulebook cites."""
    return _folder() / "sources.yaml"
