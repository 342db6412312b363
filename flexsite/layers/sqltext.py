"""The text of a `where` or `sql`: checked token by token before SQLite sees it."""

from __future__ import annotations

import re

from flexsite.errors import InputError

_TOKEN = re.compile(
    r"""
    (?P<text>'(?:[^']|'')*')
  | (?P<name>"(?:[^"]|"")*")
  | (?P<quoted>`(?:[^`]|``)*`|\[[^\]]*\])
  | (?P<comment>--[^\n]*|/\*.*?\*/)
  | (?P<word>[^\W\d]\w*)
  | (?P<number>\d\w*(?:\.\w*)?|\.\d\w*)
  | (?P<space>\s+)
  | (?P<variable>[?:@\#$])
  | (?P<open>\()
  | (?P<close>\))
  | (?P<end>;)
  | (?P<unclosed>['"`\[]|/\*)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_STATEMENTS = frozenset({"select", "values", "with"})


def expression(text: str, place: str) -> str:
    """The one SQL expression in `text`, safe to stand between parentheses.

    Comments become spaces and double-quoted names become backtick-quoted ones: SQLite reads an unknown name between
    double quotes as a text, one between backticks never.

    Raises
    ------
    InputError
        When the text is more or less than one expression: a second statement, a parenthesis too many, a bare SELECT,
        an open quote.
    """
    tokens, first = _tokens(text, place)
    if first in _STATEMENTS:
        raise _wrong(
            "a 'where' is one expression, not a SELECT",
            text,
            place,
            "write a condition such as  status = 'A', or use 'sql'",
        )
    if not "".join(tokens).strip():
        raise _wrong("the 'where' is empty", text, place, "write a condition, or leave 'where' out")
    return "".join(tokens)


def select(text: str, place: str) -> str:
    """The one SELECT in `text`, with comments and double quotes replaced as in `expression`."""
    tokens, first = _tokens(text.rstrip().removesuffix(";"), place)
    if first not in ("select", "with"):
        raise _wrong("'sql' is one SELECT", text, place, "start it with SELECT")
    return "".join(tokens)


def identifiers(text: str) -> set[str]:
    """Every word and quoted name in a text, in lower case: among them the columns it names."""
    found = set()
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup == "word":
            found.add(token.lower())
        elif match.lastgroup in ("name", "quoted"):
            mark = token[-1]
            found.add(token[1:-1].replace(mark * 2, mark).lower())
    return found


def quote(name: str) -> str:
    """`name` as an SQLite identifier that is never taken for a text."""
    return "`" + name.replace("`", "``") + "`"


def _tokens(text: str, place: str) -> tuple[list[str], str]:
    """The tokens, and the first one that is not space, in lower case."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise _wrong("the SQL holds a character that no SQL has", text, place, "remove it")
    tokens: list[str] = []
    first = ""
    depth = 0
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match.group()
        if kind == "comment":
            token = " "  # noqa: S105 - no password
        elif kind == "name":
            token = quote(token[1:-1].replace('""', '"'))
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth -= 1
            if depth < 0:
                raise _wrong("a closing parenthesis too many", text, place, "remove it")
        elif kind == "end":
            raise _wrong("one statement only: ';' outside quotes", text, place, "remove the ';' and what follows")
        elif kind == "unclosed":
            raise _wrong(f"an opening {token} without its end", text, place, "close it")
        elif kind == "variable":
            raise _wrong(
                f"a variable ({token}) cannot be used",
                text,
                place,
                "write the value itself; quote names that hold such a character",
            )
        tokens.append(token)
        first = first or token.strip().lower()
    if depth:
        raise _wrong("an opening parenthesis without its end", text, place, "close it")
    return tokens, first


def _wrong(what: str, text: str, place: str, remedy: str) -> InputError:
    return InputError(f"{what}, in: {shown(text)}", where=place, remedy=remedy)


def shown(text: str) -> str:
    """`text` on one line and no longer than a message can bear."""
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:157] + "..."
