"""What a public study keeps out of its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexsite.study.access import output_column

if TYPE_CHECKING:
    from flexsite.study.models import Study


def private_columns(study: Study) -> list[str]:
    """Output columns that a public study withholds."""
    names = [name for column in study.withheld_columns() for name in (column, f"{column}_share")]
    return [*names, *(output_column(measure) for measure in study.withheld_measures())]


def private_rules(study: Study) -> list[str]:
    """Rules whose footprint a public study withholds."""
    return [rule.id for rule in study.rules if study.audience == "public" and study.layers[rule.layer].private]
