"""The report of a run and the sheets of its sites: sealed pages that print well."""

from __future__ import annotations

from flexsite.outputs.report.facts import Facts, facts_of
from flexsite.outputs.report.reading import facts_in
from flexsite.outputs.report.sheet import sheets_page
from flexsite.outputs.report.whole import report_page

__all__ = ["Facts", "facts_in", "facts_of", "report_page", "sheets_page"]
