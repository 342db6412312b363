"""What people read for keys of the study: the numbers that sweeps and tornados move."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import yaml

from flexsite.outputs.words import words
from flexsite.study.profile import AnyOf, Test

if TYPE_CHECKING:
    from flexsite.study.models import Study
    from flexsite.study.profile import Requirement


def tests_of(requirement: Requirement) -> list[tuple[str, Test]]:
    """The tests of a requirement, each with what comes between the requirement's key and its own."""
    if isinstance(requirement, AnyOf):
        return [(f".any.{place}", test) for place, test in enumerate(requirement.any)]
    return [("", requirement)]


def profile_of(key: str) -> str | None:
    """The profile that a key is about, or None for a key of the study itself.

    Examples
    --------
    >>> profile_of("profiles.starter.homes.max"), profile_of("term")
    ('starter', None)
    """
    parts = key.split(".")
    return parts[1] if parts[0] == "profiles" and len(parts) > 2 else None


@cache
def _words() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        files("flexsite.outputs").joinpath("key_words.yaml").read_text(encoding="utf-8")
    )
    return loaded


def label_of(study: Study, key: str) -> str:
    """What people read for a key of the study, in its language; the key itself where nothing better is known."""
    parts = key.split(".")
    own = ".".join(parts[2:]) if parts[0] == "profiles" else key
    if own in _words():
        of_cells = f"{own}.cells" if study.candidates.grid is not None else own
        return _words().get(of_cells, _words()[own])[study.language]
    pattern = _words().get(parts[-1], {}).get(study.language)
    if pattern is None:
        return key
    about = _about(study, parts)
    return key if about is None else pattern.replace("{}", about)


def _about(study: Study, parts: list[str]) -> str | None:
    """What a bound or a buffer is about."""
    if parts[0] == "rules" and len(parts) == 3:
        rule = next((rule for rule in study.rules if rule.id == parts[1]), None)
        return None if rule is None else words(rule.id, rule.label)[study.language]
    if parts[0] == "profiles" and len(parts) > 4 and parts[2] == "requires":
        profile = next((one for one in study.profiles if one.id == parts[1]), None)
        requirement = None if profile is None else profile.requires.get(parts[3])
        if requirement is None:
            return None
        tests = dict(tests_of(requirement))
        test = tests.get("".join(f".{part}" for part in parts[4:-1]))
        name = parts[3] if test is None else test.measure or test.column or parts[3]
        return words(name)[study.language]
    return None
