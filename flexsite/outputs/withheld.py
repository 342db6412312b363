"""What a public study keeps out of its outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flexsite.study.models import Study


def private_columns(study: Study) -> list[str]:
    """Output columns that a public study withholds."""
    if study.audience != "public":
        return []
    names = [name for name, column in study.columns.items() if column.private or study.layers[column.layer].private]
    return [name for column in names for name in (column, f"{column}_share")]


def private_rules(study: Study) -> list[str]:
    """Rules whose footprint a public study withholds."""
    return [rule.id for rule in study.rules if study.audience == "public" and study.layers[rule.layer].private]
