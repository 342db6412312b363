"""The sealed page: a `folium.Map` whose HTML needs no network and runs only its own scripts."""

from __future__ import annotations

import base64
import hashlib
import html as markup
import re
from collections.abc import Callable, Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import folium
from branca.element import Element, Figure
from folium.template import Template

from flexsite.outputs.map.background import HOSTS
from flexsite.outputs.map.codec import pack
from flexsite.outputs.map.columns import short
from flexsite.outputs.map.data import MapData
from flexsite.outputs.map.payload import MAX_SITES, build, geographic_bounds

MAX_BYTES = 20_000_000
LOADER = "load"
SCRIPTS = (
    "codec", "geometry", "rank", "text", "parts", "raster", "painter", "layer", "bounds", "ground", "explain",
    "timebar", "sites", "select", "why", "card", "compare", "panel", "filters", "list", "weights", "whatif",
    "waterfall", "legend", "points", "stack", "layers", "shapes", "verdicts", "draw", "notes", "sources", "export",
    "picture", "print", "permalink", "steering", "main",
)  # fmt: skip
STYLES = ("page", "explain", "find", "layers", "notes", "print")
_POLICY = "@@policy@@"
_EXTERNAL = re.compile(
    r"""<(?:script|link|img|iframe|source|audio|video|embed|object|input|image|use)\b[^>]*?
        \b(?:src|href|data|srcset)\s*=\s*["']?\s*((?:https?:)?//[^"'\s>]+)
      | url\(\s*["']?\s*((?:https?:)?//[^"')]+)
      | (@import\b[^;{]*)""",
    re.IGNORECASE | re.VERBOSE,
)
_SCRIPT = re.compile(r"<script\b([^>]*)>(.*?)</script\s*>", re.IGNORECASE | re.DOTALL)


def external_refs(html: str) -> list[str]:
    """Every reference in a page that would make a browser ask the network.

    Examples
    --------
    >>> external_refs('<p>https://example.org</p><img src="data:image/png;base64,AA==">')
    []
    >>> external_refs('<script src="https://example.org/a.js"></script>')
    ['https://example.org/a.js']
    """
    return [next(group for group in found.groups() if group) for found in _EXTERNAL.finditer(html)]


class _Text(Element):  # type: ignore[misc, unused-ignore]
    """Text that goes into the page as it is: it is a variable of the template, never template itself."""

    _template = Template("{{ this.before }}{{ this.text }}{{ this.after }}")

    def __init__(self, text: str, before: str = "", after: str = "") -> None:
        super().__init__()
        self.before, self.text, self.after = before, text, after


def _script(code: str) -> _Text:
    return _Text(re.sub(r"</(script)", r"<\\/\1", code, flags=re.IGNORECASE), "<script>", "</script>\n")


def _style(code: str) -> _Text:
    return _Text(code.replace("</", "<\\/"), "<style>", "</style>\n")


def _block(name: str, content: bytes) -> _Text:
    """Bytes that the page's loader opens."""
    return _Text(pack(content), f'<script type="text/plain" id="{name}">', "</script>\n")


class SealedFigure(Figure):  # type: ignore[misc, unused-ignore]
    """A page with language, title and landmarks, and a policy that lets only its own scripts run.

    Parameters
    ----------
    title, language
        Of the page.
    pictures_from
        Hosts that pictures may come from.
    packed
        Scripts that the page runs and that are not in it as they are.
    """

    _template = Template(
        "<!DOCTYPE html>\n"
        '<html lang="{{ this.language }}">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="' + _POLICY + '">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        "<title>{{ this.safe_title }}</title>\n"
        "{{ this.header.render(**kwargs) }}</head>\n"
        '<body>\n<main id="fs-main">\n{{ this.html.render(**kwargs) }}</main>\n'
        "<script>\n{{ this.script.render(**kwargs) }}</script>\n</body>\n</html>\n"
    )

    def __init__(
        self, title: str, language: str, pictures_from: tuple[str, ...] = (), packed: tuple[str, ...] = ()
    ) -> None:
        super().__init__(title=None)
        self.header._children.clear()  # the character set is in our own head
        self.language = language
        self.pictures_from = pictures_from
        self.packed = packed
        self.safe_title = markup.escape(title.encode("utf-8", "replace").decode("utf-8"))

    def render(self, **kwargs: Any) -> str:
        """The page; raises ValueError when something in it would use the network."""
        html = str(super().render(**kwargs)).replace("\r\n", "\n").replace("\r", "\n")
        if found := [ref for text in (html, *self.packed) for ref in external_refs(text)]:
            raise ValueError(f"the map would use the network: {', '.join(sorted(set(found))[:5])}")
        shown = [code for attributes, code in _SCRIPT.findall(html) if "text/plain" not in attributes]
        hashes = [
            base64.b64encode(hashlib.sha256(code.encode("utf-8")).digest()).decode("ascii")
            for code in (*shown, *self.packed)
        ]
        policy = (
            "default-src 'none'; script-src " + " ".join(f"'sha256-{value}'" for value in hashes) + "; "
            "style-src 'unsafe-inline'; img-src " + " ".join(["data:", "blob:", *self.pictures_from]) + "; "
            "base-uri 'none'; form-action 'none'"
        )
        return html.replace(_POLICY, policy, 1)


class SiteMap(folium.Map):  # type: ignore[misc, unused-ignore]
    """The interactive map of a run, one HTML file that needs no network.

    Parameters
    ----------
    data
        What is shown; see `MapData`.
    on_warning
        Called with one sentence when the map is larger than a browser likes.

    Notes
    -----
    folium renders text twice through Jinja, so that attribute values could run as
    templates. Nothing from the data is handed to a folium element: data travel as
    base64 and reach the page as text nodes. The same data give the same bytes.

    Examples
    --------
    >>> SiteMap(data).save("map.html")                                    # doctest: +SKIP
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012  folium's own names
    default_css: list[tuple[str, str]] = []  # noqa: RUF012
    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
        var {{ this.get_name() }} = L.map("{{ this.get_name() }}", {
            center: {{ this.location|tojson }}, crs: L.CRS.{{ this.crs }}, ...{{ this.options|tojavascript }} });
        {% endmacro %}
        """
    )

    def __init__(self, data: MapData, *, on_warning: Callable[[str], None] | None = None) -> None:
        south, west, north, east = geographic_bounds(data)
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=10,
            zoom_control=False,
            attribution_control=False,
            fade_animation=False,
            min_zoom=5,
            zoom_snap=0.5,
            max_zoom=21,
        )
        self._warn = on_warning
        self._sites = len(data.sites)
        assets = resources.files("flexsite.outputs.map") / "assets"
        hosts = (HOSTS[data.background],) if data.background else ()
        code = _program(assets / "scripts", SCRIPTS) + "//# sourceURL=flexsite.js\n"
        figure = SealedFigure(short(data.title), data.language, hosts, packed=(code,))
        figure.add_child(self)
        figure.header.add_child(_style(_inline_images(assets / "leaflet")), name="leaflet_css")
        figure.header.add_child(
            _style("\n".join(_own(assets / "styles" / f"{name}.css") for name in STYLES)), name="flexsite_css"
        )
        leaflet = (assets / "leaflet" / "leaflet.js").read_text(encoding="utf-8")
        leaflet = re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", leaflet)
        figure.header.add_child(_script(leaflet), name="leaflet")
        figure.header.add_child(_script(_program(assets / "scripts", (LOADER,))), name="flexsite_js")
        figure.html.add_child(_Text(_own(assets / "page.html")), name="flexsite_page")
        figure.html.add_child(_block("fs-code", code.encode("utf-8")), name="flexsite_code")
        figure.html.add_child(_block("fs-data", build(data)), name="flexsite_data")

    def render(self, **kwargs: Any) -> None:  # type: ignore[override, unused-ignore]
        """Put the map and what was added to it on its page, names counted instead of drawn by lot."""
        for place, element in enumerate(_walk(self)):
            element._id = str(place)
        super().render(**kwargs)  # type: ignore[no-untyped-call, unused-ignore]
        figure: Any = self.get_root()
        figure.script.add_child(_Text(f"window.flexsite.start({self.get_name()});\n"), name="flexsite_start")

    def html(self) -> str:
        """The whole page; the same for the same data."""
        html = str(self.get_root().render())
        size = len(html.encode("utf-8"))
        if self._warn and (self._sites > MAX_SITES or size > MAX_BYTES):
            self._warn(
                f"the map holds {self._sites} sites and {size / 1e6:.1f} MB; above {MAX_SITES} sites or "
                f"{MAX_BYTES / 1e6:.0f} MB browsers become slow, a larger min_area or a smaller area helps"
            )
        return html

    def save(self, outfile: Any, close_file: bool = True, **kwargs: Any) -> None:  # noqa: ARG002
        """Write the page as UTF-8 to a path or an open binary file."""
        content = self.html().encode("utf-8")
        if hasattr(outfile, "write"):
            outfile.write(content)
            if close_file:
                outfile.close()
        else:
            Path(outfile).write_bytes(content)


def _walk(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():
        yield from _walk(child)


def _program(folder: Traversable, names: tuple[str, ...]) -> str:
    """Scripts of ours as one that shares no name with others."""
    own = "".join(_own(folder / f"{name}.js") for name in names)
    return f"(function () {{\n'use strict';\n{own}}})();\n"


def _own(path: Traversable) -> str:
    """A file of ours; template marks in it are our own mistake."""
    text = path.read_text(encoding="utf-8")
    if re.search(r"\{\{|\{%|\{#", text):
        raise ValueError(f"{path.name} holds a template mark")
    return _lean(text) if path.name.endswith((".js", ".css")) else text


def _lean(code: str) -> str:
    r"""Our own code without indents, empty lines and lines of remarks; none of it holds texts of several lines.

    Raises
    ------
    ValueError
        It holds such a text.

    Examples
    --------
    >>> _lean("// why\n  f(1); // here\n\n")
    'f(1); // here\n'
    """
    lines = [line.strip() for line in code.splitlines()]
    if any(line.count("`") % 2 for line in lines):
        raise ValueError("a text over several lines cannot be made lean")
    return "".join(f"{line}\n" for line in lines if line and not line.startswith("//"))


def _inline_images(folder: Traversable) -> str:
    """Leaflet's style sheet with its pictures inside."""

    def inline(found: re.Match[str]) -> str:
        picture = base64.b64encode((folder / found.group(1)).read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{picture})"

    css = (folder / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"url\((images/[\w.-]+)\)", inline, css)
