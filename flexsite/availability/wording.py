"""Texts known by words in them: names of owners, and rights as a register words them.

Texts are compared without capitals, accents and punctuation. Nothing here keeps or shows a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from flexsite.study.owners import Pattern

_INITIALS = r",\s*(\pL\.\s?)+(\s*(van|von|de|den|der|het|ten|ter|te|la|le|el|'t)\b)*\s*$"
"""Initials after a comma, as registers of people write them; "Jansen, A.G." is no company of the form AG."""
_PERSON = " initials"
"""What stands for them."""
_LEGAL_FORM = r",\s*(b\.\s?v|n\.\s?v|c\.v|v\.o\.f|u\.a)\.?\s*$"
_PHRASES = 500
"""Phrases of one regular expression: RE2 bounds the size of one."""


def plain(texts: Sequence[str | None]) -> pa.Array:
    """Texts in small letters and digits, words apart by single spaces and one at either end; a missing one is a space.

    Examples
    --------
    >>> plain(["Noorderkwartier, Hoogheemraadschap", "J. Müller Vastgoed B.V.", "Jansen, A.G.", None]).to_pylist()
    [' noorderkwartier hoogheemraadschap ', ' j muller vastgoed bv ', ' jansen initials ', ' ']
    """
    text = pc.fill_null(pa.array(texts, pa.large_string()), "")
    text = pc.utf8_lower(pc.replace_substring_regex(pc.utf8_normalize(text, "NFKD"), r"\pM", ""))
    person = pc.and_not(pc.match_substring_regex(text, _INITIALS), pc.match_substring_regex(text, _LEGAL_FORM))
    text = pc.if_else(person, pc.replace_substring_regex(text, _INITIALS, _PERSON), text)
    text = pc.replace_substring_regex(text, r"\.(\pL{2,})", r" \1")  # "gem.schagen" is two words, "b.v." is one
    text = pc.replace_substring_regex(pc.replace_substring(text, ".", ""), r"[^\pL\pN]+", " ")
    return pc.replace_substring_regex(pc.replace_substring_regex(text, "^ ?(.*?) ?$", r" \1 "), "^  $", " ")


def first_fit(texts: Sequence[str | None], patterns: Sequence[Pattern]) -> NDArray[np.intp]:
    """Number of the first pattern that fits each text; -1 where none does, -2 where there is no text.

    Examples
    --------
    >>> from flexsite.study.owners import owner_book
    >>> patterns = owner_book().patterns
    >>> [patterns[row].class_ for row in first_fit(["Gemeente Schagen", "Staat (Min. van Defensie)"], patterns)]
    ['municipality', 'state']
    """
    phrases = _phrases(patterns)
    text = plain(texts)
    found = np.full(len(texts), -1, dtype=np.intp)
    found[_mask(pc.equal(text, " "))] = -2
    left = np.flatnonzero(found == -1)
    for number, pattern in enumerate(patterns):
        some = text.take(pa.array(left))
        fits = _fits(pattern, some, phrases)
        found[left[fits]] = number
        left = left[~fits]
    return found


def _phrases(patterns: Sequence[Pattern]) -> dict[str, str]:
    """Every phrase of the patterns, in plain text."""
    lists = [(one.is_, one.words, one.starts, one.ends, one.contains, one.also, one.unless) for one in patterns]
    written = list(dict.fromkeys(phrase for listed in lists for some in listed for phrase in some))
    return {phrase: text.strip() for phrase, text in zip(written, plain(written).to_pylist(), strict=True)}


def _fits(pattern: Pattern, text: pa.Array, phrases: dict[str, str]) -> NDArray[np.bool_]:
    def any_of(listed: Sequence[str], form: str) -> NDArray[np.bool_]:
        fits = np.zeros(len(text), dtype=bool)
        # Letters, digits and spaces only: none of them means anything to a regular expression.
        wanted = [phrases[phrase] for phrase in listed]
        for first in range(0, len(wanted), _PHRASES):
            fits |= _mask(pc.match_substring_regex(text, form.format("|".join(wanted[first : first + _PHRASES]))))
        return fits

    fits = any_of(pattern.is_, "^ ({}) $") | any_of(pattern.words, " ({}) ") | any_of(pattern.starts, "^ ({}) ")
    fits |= any_of(pattern.ends, " ({}) $") | any_of(pattern.contains, "({})")
    if pattern.also:
        fits &= any_of(pattern.also, " ({}) ")
    return fits & ~any_of(pattern.unless, " ({}) ")


def _mask(flags: pa.Array) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = flags.to_numpy(zero_copy_only=False)
    return mask
