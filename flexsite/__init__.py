"""Where temporary homes can go, for whom, how many, for how long, on whose land, and why not elsewhere.

The public face: `load` a study, `run` it, look at the `Result`, or `screen` a list of plots. Everything is imported
when first used, so that `import flexsite` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["FlexsiteError", "InputError", "Result", "Study", "__version__", "load", "run", "screen"]

if TYPE_CHECKING:
    from flexsite.errors import FlexsiteError, InputError
    from flexsite.outputs.result import Result
    from flexsite.pipeline import run
    from flexsite.screening import screen
    from flexsite.study.loading import load
    from flexsite.study.models import Study

_HOME = {
    "FlexsiteError": "flexsite.errors",
    "InputError": "flexsite.errors",
    "Result": "flexsite.outputs.result",
    "Study": "flexsite.study.models",
    "load": "flexsite.study.loading",
    "run": "flexsite.pipeline",
    "screen": "flexsite.screening",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'flexsite' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value
