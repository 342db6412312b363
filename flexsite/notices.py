"""Warnings of a run: few, each said once, each with a count."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Notices:
    """Collects warnings by key; the first text under a key stays."""

    texts: dict[str, str] = field(default_factory=dict)

    def warn(self, key: str, text: str) -> None:
        """Note a warning; `key` keeps it from being said twice."""
        self.texts.setdefault(key, text)

    def __iter__(self):  # type: ignore[no-untyped-def]
        """Texts in the order they came."""
        return iter(self.texts.values())
