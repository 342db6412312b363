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


def flexmilieu_ids() -> tuple[str, ...]:
    """Return the ids of the built-in flexmilieus, bundles of target groups, in alphabetical order.

    Examples
    --------
    >>> "magic_mix" in flexmilieu_ids()
    True
    """
    return _ids("flexmilieus")


def flexmilieu_path(flexmilieu_id: str) -> Path:
    """Return the file of a built-in flexmilieu.

    Parameters
    ----------
    flexmilieu_id
        One of `flexmilieu_ids`.

    Raises
    ------
    InputError
        When there is no built-in flexmilieu of that name.

    Examples
    --------
    >>> flexmilieu_path("magic_mix").name
    'magic_mix.yaml'
    """
    return _path("flexmilieu", flexmilieu_id)


def kind_ids() -> tuple[str, ...]:
    """Return the ids of the built-in kinds of sites, in alphabetical order.

    Examples
    --------
    >>> "roof" in kind_ids()
    True
    """
    return _ids("kinds")


def kind_path(kind_id: str) -> Path:
    """Return the file of a built-in kind of sites.

    Parameters
    ----------
    kind_id
        One of `kind_ids`.

    Raises
    ------
    InputError
        When there is no built-in kind of that name.

    Examples
    --------
    >>> kind_path("roof").name
    'roof.yaml'
    """
    return _path("kind", kind_id)


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


def norm_ids() -> tuple[str, ...]:
    """Return the ids of the built-in norms of rooms and of who a home is meant for, in alphabetical order.

    Examples
    --------
    >>> norm_ids()
    ('aedes', 'almere2021', 'almere2021_extended', 'gooi2018', 'haaglanden')
    """
    return _ids("norms")


def norm_path(norm_id: str) -> Path:
    """Return the file of a built-in norm, one of `norm_ids`. Raises InputError when there is none of that name."""
    return _path("norm", norm_id)


def parking_ids() -> tuple[str, ...]:
    """Return the ids of the built-in parking norms, in alphabetical order.

    Examples
    --------
    >>> parking_ids()
    ('nl',)
    """
    return _ids("parkings")


def parking_path(parking_id: str) -> Path:
    """Return the file of built-in parking norms, one of `parking_ids`. Raises InputError when there are none."""
    return _path("parking", parking_id)


def owners_path() -> Path:
    """Return the file with classes of owners, rights, and patterns of names."""
    return _folder() / "owners.yaml"


def lead_times_path() -> Path:
    """Return the file with months of preparing by owner and permit route, and with the payback."""
    return _folder() / "lead_times.yaml"


def units_path() -> Path:
    """Return the types of homes."""
    return _folder() / "units.yaml"


def households_path() -> Path:
    """Return the types of households."""
    return _folder() / "households.yaml"


def mix_path() -> Path:
    """Return what is known of mixing group and ordinary tenants."""
    return _folder() / "mix.yaml"


def plans_path() -> Path:
    """Return how layers of plans are read: what their words mean, and which are not drawn as ground."""
    return _folder() / "plans.yaml"


def context_path() -> Path:
    """Return when a site lies inside, at the edge or in the country, and what a village is."""
    return _folder() / "context.yaml"


def rule_files() -> tuple[tuple[str, str, Path], ...]:
    """Return scope (`nl`, or a province such as `nl-nh`), theme and file of every part of the rule library.

    Examples
    --------
    >>> [(scope, theme) for scope, theme, _ in rule_files()][:2]
    [('nl', 'aviation'), ('nl', 'heritage')]
    """
    return tuple((path.parent.name, path.stem, path) for path in sorted((_folder() / "rules").glob("*/*.yaml")))


def reports_path() -> Path:
    """Return what a report says beside its own figures."""
    return _folder() / "reports.yaml"


def local_knowledge_path() -> Path:
    """Return the words in which people who know a place speak of its sites."""
    return _folder() / "local_knowledge.yaml"


def routes_path() -> Path:
    """Return the permits by which homes may be built, for each permit route."""
    return _folder() / "routes.yaml"


def sources_path() -> Path:
    """Return the catalogue of published sources that the rulebook cites."""
    return _folder() / "sources.yaml"
