"""Every example in a docstring does what it says."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import flexsite

MODULES = sorted(
    found.name for found in pkgutil.walk_packages(flexsite.__path__, "flexsite.") if not found.name.endswith("__main__")
)


def examples(name: str) -> list[doctest.DocTest]:
    return [
        test for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(name)) if test.examples
    ]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for test in examples(name):
        runner.run(test)
    result = runner.summarize(verbose=False)
    assert result.failed == 0, capsys.readouterr().out


def test_there_are_examples_that_run() -> None:
    running = [
        example
        for name in MODULES
        for test in examples(name)
        for example in test.examples
        if not example.options.get(doctest.SKIP)
    ]
    assert len(running) >= 20
