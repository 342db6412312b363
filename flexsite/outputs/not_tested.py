"""What a study asks for and could not test for want of a layer: unknown on every site, and never free."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from flexsite.study.models import Study
    from flexsite.study.untested import Untested


def with_untested(unknown: pd.Series[Any], study: Study) -> pd.Series[Any]:
    """The column `unknown` with the rules that no site could be tested for, after those that were."""
    if not study.untested:
        return unknown
    from flexsite.outputs.tables import series  # pandas, which a question about rules does without

    ids = ";".join(one.id for one in study.untested)
    return series([f"{own};{ids}" if own else ids for own in unknown], as_text=True)


def untested_text(study: Study) -> str:
    """One sentence with their number and ids; empty when there are none."""
    if not study.untested:
        return ""
    named = ", ".join(f"{one.id} (role '{one.role}')" for one in study.untested)
    what = "rule of the library is" if len(study.untested) == 1 else "rules of the library are"
    return f"{len(study.untested)} {what} not tested, since no layer has the role: {named}"


def not_tested(study: Study) -> dict[str, Any]:
    """For the record: nothing where all was tested."""
    if not study.untested:
        return {}
    rows = [
        {"id": one.id, "library": one.rule.library, "label": label_of(one, study.language), "effect": one.effect}
        | {"class": one.rule.hardness, "role": one.role, "holds": one.holds, "basis": one.rule.basis}
        | {"source": one.rule.source, "certainty": one.rule.certainty}
        for one in study.untested
    ]
    return {"not_tested": rows}


def label_of(one: Untested, language: str) -> str:
    """What people read of it in a language."""
    if isinstance(one.label, dict):
        return one.label.get(language) or next(iter(one.label.values()), one.id)
    return one.label or one.id
