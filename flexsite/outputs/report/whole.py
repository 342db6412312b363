"""The whole report, part after part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexsite.outputs.report.assumptions import assumptions
from flexsite.outputs.report.comparing import variants
from flexsite.outputs.report.firmness import sensitivity
from flexsite.outputs.report.ground import waterfall
from flexsite.outputs.report.head import heading, summary_block
from flexsite.outputs.report.holding import owners, permits, windows
from flexsite.outputs.report.living import capacity, kinds
from flexsite.outputs.report.markup import Html
from flexsite.outputs.report.page import contents, page
from flexsite.outputs.report.places import boundaries, municipalities, projects
from flexsite.outputs.report.programmes import programmes
from flexsite.outputs.report.serving import groups
from flexsite.outputs.report.sources import caveats, sources
from flexsite.outputs.report.top import top_sites
from flexsite.outputs.report.unknown import unknown

if TYPE_CHECKING:
    from flexsite.outputs.report.facts import Facts

PARTS = (
    waterfall, programmes, variants, groups, owners, windows, permits, municipalities, capacity, kinds, projects,
    boundaries, top_sites, sensitivity, unknown, assumptions, sources, caveats,
)  # fmt: skip
"""In their order; each is empty where the run has nothing for it."""


def report_page(facts: Facts) -> str:
    """The report as one HTML file that needs no network and runs nothing; the same facts give the same bytes."""
    rest = Html("".join(part(facts) for part in PARTS))
    opening = summary_block(facts)
    return page(
        facts.study.name,
        facts.speech.text(f"audience.{facts.study.audience}"),
        facts.speech,
        heading(facts),
        opening,
        contents(rest, facts.speech),
        rest,
    )
