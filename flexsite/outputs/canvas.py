"""Drawings as SVG text: sealed, the same bytes for the same numbers, and text that stays text.

matplotlib draws without a screen; what it writes is tidied here, so that a drawing can stand inside a page with others:
no style of its own for the whole page, no ids that clash, no address on the net, and no clock.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal
from xml.etree import ElementTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Language = Literal["nl", "en"]
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that people with any colour vision tell apart (Okabe and Ito, 2008), darkest against white first."""
DASHES = ("-", "--", ":", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MUTED = "#B8B8B8"
GRID = "#E4E4E4"
INK = "#222222"
LONGEST = 44
"""Characters of a label; the rest is cut off with an ellipsis."""
_SVG, _LINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]")
_SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "flexsite",
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.unicode_minus": True,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


class Drawing:
    """A figure being drawn; `svg` has it once the block it was opened in is left."""

    def __init__(self, name: str, title: str, figure: Figure) -> None:
        self.name = name
        self.title = title
        self.figure = figure
        self.svg = ""

    def axes(self) -> Axes:
        """One pair of axes, plain, with a quiet grid along the values."""
        axes = self.figure.subplots()
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        return axes


@contextmanager
def drawing(name: str, title: str, height: float, width: float = 7.2) -> Iterator[Drawing]:
    """Open a drawing.

    Parameters
    ----------
    name
        Goes before every id in the drawing; letters, digits and `_`.
    title
        What people read above it, and what a screen reader says.
    height, width
        In inches of 72 points.

    Examples
    --------
    >>> with drawing("example", "One & two", 2) as made:
    ...     _ = made.axes().barh(["<one>", "two"], [1, 2])
    >>> "&lt;one&gt;" in made.svg, "One &amp; two" in made.svg
    (True, True)
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever somebody's own settings are
        matplotlib.rcParams.update(_SETTINGS)
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        made = Drawing(name, shown(title, 90), figure)
        figure.suptitle(made.title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        yield made
        text = io.StringIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
            figure.savefig(text, format="svg", metadata=nothing)
    made.svg = _tidied(text.getvalue(), name, made.title)


def shown(text: str, longest: int = LONGEST) -> str:
    r"""Text on one line, without what cannot be seen, cut off where it is long.

    Examples
    --------
    >>> shown("two\nlines\x00"), shown("a" * 10, 5)
    ('two lines', 'aaaa…')
    """
    clean = " ".join(_UNSEEN.sub(" ", text).split())
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def number(value: float, language: Language) -> str:
    """A number as people write it in a language.

    Examples
    --------
    >>> number(12345.5, "nl"), number(12345.5, "en"), number(-200, "nl")
    ('12.345,5', '12,345.5', '−200')
    """
    text = f"{value:,.10g}" if abs(value) < 1e15 else f"{value:.4g}"
    text = text.replace("-", "\N{MINUS SIGN}")
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def _tidied(text: str, name: str, title: str) -> str:
    """What matplotlib wrote, fit to stand in a page with others."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _LINK)
    root = ElementTree.fromstring(text)  # noqa: S314 - written by matplotlib a moment ago
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in {f"{{{_SVG}}}style", f"{{{_SVG}}}metadata"}:
                parent.remove(child)
    for element in root.iter():
        _bared(element)
        _renamed(element, name)
        element.tail = "\n" if element.tail else None
        if element.text is not None and not element.text.strip():
            element.text = "\n"
    width, height = (root.attrib.pop(side).removesuffix("pt") for side in ("width", "height"))
    root.attrib |= {
        "width": width, "height": height, "role": "img", "aria-labelledby": f"{name}-title",
        "stroke-linejoin": "round", "stroke-linecap": "butt",
    }  # fmt: skip
    label = ElementTree.Element(f"{{{_SVG}}}title", {"id": f"{name}-title"})
    label.text, label.tail = title, "\n"
    root.insert(0, label)
    return ElementTree.tostring(root, encoding="unicode")


def _renamed(element: ElementTree.Element, name: str) -> None:
    """Ids, and what points at them, begin with the name of the drawing."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key == f"{{{_LINK}}}href":
            element.set(key, value.replace("#", f"#{name}-", 1))
        elif value.startswith("url(#"):
            element.set(key, value.replace("url(#", f"url(#{name}-", 1))


def _bared(element: ElementTree.Element) -> None:
    """Attributes instead of styles, which a page may forbid."""
    parts = [part.partition(":") for part in element.get("style", "").split(";") if part.strip()]
    styles = {key.strip(): value.strip() for key, _, value in parts}
    if styles and "font" not in styles:  # older versions write a shorthand that has no attribute
        del element.attrib["style"]
        element.attrib |= styles


__all__ = ["DASHES", "GRID", "INK", "MARKERS", "MUTED", "PALETTE", "Drawing", "Language", "drawing", "number", "shown"]
