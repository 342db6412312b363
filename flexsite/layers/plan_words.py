"""What the words of plan registers mean: status, programme, confidentiality."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from flexsite.layers.report import UNKNOWN
from flexsite.layers.table import Array
from flexsite.rulebook import plans_path
from flexsite.study.yaml_source import read
from flexsite.values import text_of

FLEX, PERMANENT, MIXED = "flex", "permanent", "mixed"
OPEN, CLOSED = "open", "closed"


class Meaning(NamedTuple):
    """What a text means, None where that is not known; and whether the text was understood."""

    value: str | None
    understood: bool


class Read(NamedTuple):
    """A column put into our words.

    Attributes
    ----------
    words
        (n,) our words; None where nothing is known.
    counts
        How often each, the unknown among them.
    odd
        Texts that were not understood, and how often.
    """

    words: Array
    counts: dict[str, int]
    odd: dict[str, int]


@cache
def rulebook() -> dict[str, Any]:
    """The rulebook's page on plans."""
    found: dict[str, Any] = read(plans_path()).data
    return found


def folded(text: str) -> str:
    """A text without case, accents and punctuation.

    Examples
    --------
    >>> folded(" _1B__Onherroepelijk, uitwerkings-plicht ")
    '1b onherroepelijk uitwerkings plicht'
    """
    bare = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    return " ".join(re.findall(r"[^\W_]+", bare))


def status(value: object) -> Meaning:
    """The status of a plan, 1A to 5B: by the code that its text begins with, else by its words.

    Examples
    --------
    >>> status("3 plan/besluit in voorbereiding"), status("4B. Idee").value, status("Vastgesteld").value
    (Meaning(value='3', understood=True), '4B', '2A')
    >>> status("Onbekend"), status("somewhere")
    (Meaning(value=None, understood=True), Meaning(value=None, understood=False))
    """
    text = folded(text_of(value))
    if not text or text in _unknown("status"):
        return Meaning(None, True)
    found = _code_pattern().match(text)
    if found is not None:
        return Meaning(found.group(1).replace(" ", "").upper(), True)
    code = _status_words().get(text)
    return Meaning(code, code is not None)


def programme(value: object) -> Meaning:
    """For how long a plan's homes are: permanent, flex or mixed.

    Examples
    --------
    >>> [programme(text).value for text in ("Flexwoningen", "Regulier permanent", "permanent, deels tijdelijk")]
    ['flex', 'permanent', 'mixed']
    >>> programme("geen flexwoningen"), programme(True).value
    (Meaning(value=None, understood=False), 'flex')
    """
    text = folded(text_of(value))
    if text in {"true", "false"}:  # a column that asks 'flex?'
        return Meaning(FLEX if text == "true" else PERMANENT, True)
    if not text or text in _unknown("programme"):
        return Meaning(None, True)
    book = rulebook()["programme"]
    words = text.split()
    told = [word for before, word in zip(["", *words], words, strict=False) if before not in book["not"]]
    flex, permanent = (any(word in book[name] for word in told) for name in (FLEX, PERMANENT))
    if (flex and permanent) or any(word in book[MIXED] for word in told):
        return Meaning(MIXED, True)
    return Meaning(FLEX if flex else PERMANENT if permanent else None, flex or permanent)


def confidentiality(value: object) -> Meaning:
    """Whether a plan may be shown: what is not said to be open is closed.

    Examples
    --------
    >>> confidentiality("Openbaar").value, confidentiality(None).value, confidentiality("intern_rapportage").value
    ('open', 'closed', 'closed')
    """
    text = folded(text_of(value))
    book = rulebook()["confidential"]
    known = text in book["open"] or text in book["closed"]
    return Meaning(OPEN if text in book["open"] else CLOSED, known or not text)


def read_words(column: pd.Series[Any], meaning: Callable[[object], Meaning]) -> Read:
    """Put a column into our words."""
    codes, present = pd.factorize(column)
    found = [*(meaning(value) for value in present), meaning(None)]  # the last is where a missing value, -1, looks
    often = np.bincount(codes + 1, minlength=len(found)).tolist()
    counts: dict[str, int] = {}
    odd: dict[str, int] = {}
    for one, count, value in zip(found, [*often[1:], often[0]], [*present, None], strict=True):
        if count:
            counts[one.value or UNKNOWN] = counts.get(one.value or UNKNOWN, 0) + count
        if not one.understood:
            text = text_of(value).strip()
            odd[text] = odd.get(text, 0) + count
    words = np.array([one.value for one in found], dtype=object)
    return Read(words[codes], counts, odd)


@cache
def _code_pattern() -> re.Pattern[str]:
    codes = "|".join(" ?".join(code.lower()) for code in rulebook()["status"]["codes"])
    return re.compile(rf"({codes})(?= [^\d]|$)")


@cache
def _status_words() -> dict[str, str]:
    return {text: code for code, texts in rulebook()["status"]["words"].items() for text in texts}


def _unknown(name: str) -> list[str]:
    found: list[str] = rulebook()[name]["unknown"]
    return found
