"""What the report says, in the language of its study: sentences, numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import yaml

from flexsite.outputs.report.markup import Html, escaped, isolated

if TYPE_CHECKING:
    from flexsite.study.models import Study

ROOMS = ("page", "ground", "groups", "sites", "firmness", "grounds")
"""Files with words, one for each part of the report."""
_NAME = re.compile(r"\{(\w+)\}")


@cache
def strings() -> Mapping[str, Mapping[str, str]]:
    """Every text of the report by key, in Dutch and in English."""
    found: dict[str, dict[str, str]] = {}
    for room in ROOMS:
        text = files("flexsite.outputs.report").joinpath("words", f"{room}.yaml").read_text(encoding="utf-8")
        found |= yaml.safe_load(text)
    return found


def absent(value: Any) -> bool:
    """Whether there is no value: None, NaN, or what pandas has for them."""
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value)


class Speech:
    """The words of a study's report.

    Parameters
    ----------
    language
        `nl` or `en`.
    grid
        Sites are cells of a grid, which are no locations and are never called so.

    Examples
    --------
    >>> Speech("nl", grid=True).sites(2), Speech("en").sites(1)
    ('2 rastercellen', '1 site')
    >>> Speech("nl").number(12345.678), Speech("en").hectares(0.456), Speech("nl").share(0.125)
    ('12.346', '0.46', '13 %')
    """

    def __init__(self, language: Literal["nl", "en"], *, grid: bool = False) -> None:
        self.language = language
        self.grid = grid

    @classmethod
    def of(cls, study: Study) -> Speech:
        """The words for a study."""
        return cls(study.language, grid=study.candidates.grid is not None)

    def has(self, key: str) -> bool:
        """Whether there is a text of this key."""
        return key in strings()

    def t(self, key: str, **about: Any) -> Html:
        """A text as markup; `{name}` in it stands for what is given of that name, `{sites}` for this study's word."""

        def filled(found: re.Match[str]) -> str:
            name = found.group(1)
            return isolated(about[name]) if name in about else escaped(self._noun(name))

        return Html(_NAME.sub(filled, escaped(strings()[key][self.language])))

    def text(self, key: str) -> str:
        """The same, as text, and about nothing."""
        return _NAME.sub(lambda found: self._noun(found.group(1)), strings()[key][self.language])

    def _noun(self, name: str) -> str:
        noun = strings()[f"{name.lower()}.{'cells' if self.grid else 'sites'}"][self.language]
        return noun if name.islower() else noun[0].upper() + noun[1:]

    def word(self, group: str, name: str) -> Html:
        """A word of the contract, such as a route or a class; what is not known is shown as it is."""
        key = f"{group}.{name}"
        return self.t(key) if self.has(key) else escaped(name)

    def number(self, value: float | None, digits: int = 0) -> Html:
        """A number as people write it in the language; a dash where there is none."""
        if value is None or absent(value):
            return Html("–")
        text = f"{value:,.{digits}f}".replace("-", "\N{MINUS SIGN}")
        return Html(text.translate(str.maketrans(",.", ".,")) if self.language == "nl" else text)

    def plain(self, value: Any) -> Html:
        """A number with the digits that it has, at most six; text as it is."""
        if absent(value):
            return Html("–")
        if isinstance(value, bool):
            return self.t("yes" if value else "no")
        if isinstance(value, int | float):
            digits = len(f"{value:.6g}".partition(".")[2]) if abs(value) < 1e6 else 0
            return self.number(value, digits)
        return escaped(str(value))

    def hectares(self, value: float | None) -> Html:
        """Hectares with as many digits as their size deserves."""
        if value is None or absent(value):
            return Html("–")
        if 0 < value < 0.005:
            return Html(f"&lt; {self.number(0.01, 2)}")
        return self.number(value, 0 if not value or value >= 100 else 1 if value >= 10 else 2)

    def share(self, value: float | None) -> Html:
        """A share of the whole as a percentage."""
        if value is None or absent(value):
            return Html("–")
        few = 0 < abs(value) < 0.01
        return Html(f"{self.number(100 * value + (0 if few else 1e-9), 1 if few else 0)} %")

    def day(self, value: Any) -> Html:
        """A date in words; anything else as it is."""
        if isinstance(value, str):
            try:
                value = date.fromisoformat(value)
            except ValueError:
                return escaped(value)
        if not isinstance(value, date):
            return Html("–")
        return Html(f"{value.day} {self.t('month_names').split()[value.month - 1]} {value.year}")

    def list(self, items: list[Any]) -> Html:
        """Several things in one sentence, with `and` before the last."""
        told = [isolated(item) for item in items]
        if len(told) < 2:
            return Html("".join(told))
        return Html(f"{', '.join(told[:-1])} {self.t('and')} {told[-1]}")

    def sites(self, count: int) -> Html:
        """So many sites, or cells."""
        return self.t("count.one" if count == 1 else "count.many", n=self.number(count))
