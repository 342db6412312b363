"""Times of day in a study."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2\d):[0-5]\d$")]
"""Hours and minutes; the night after a day goes on to 29:59."""
