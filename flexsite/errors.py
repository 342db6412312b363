"""Errors that flexsite raises on purpose."""

from __future__ import annotations

from typing import final


class FlexsiteError(Exception):
    """Base of every error that flexsite raises on purpose."""


@final
class InputError(FlexsiteError):
    """The user's input is wrong; the command line ends with exit code 2.

    Parameters
    ----------
    what
        What is wrong, in one sentence, without a full stop.
    where
        The place: file and line, layer, field, feature.
    remedy
        What to do about it.

    Examples
    --------
    >>> str(InputError("no layer 'parcel'", where="study.yaml, line 9", remedy="did you mean 'parcels'?"))
    "study.yaml, line 9: no layer 'parcel'; did you mean 'parcels'?"
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__((f"{where}: " if where else "") + what + (f"; {remedy}" if remedy else ""))


@final
class InputErrors(FlexsiteError):
    """Several wrong inputs at once, as `flexsite check` reports them."""

    def __init__(self, errors: list[InputError]) -> None:
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))
