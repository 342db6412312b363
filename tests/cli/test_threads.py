"""The command line keeps libraries from starting threads that only wait; the library leaves that to who imports it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

NAME = "OPENBLAS_NUM_THREADS"
SAY = f"import os, sys, {{module}}; print(os.environ.get('{NAME}'), 'numpy' in sys.modules)"


@pytest.mark.parametrize(
    ("module", "given", "expected"),
    [
        ("flexsite.cli.threads", None, "1"),
        ("flexsite.cli", None, "1"),
        ("flexsite.cli", "3", "3"),
        ("flexsite", None, "None"),
    ],
)
def test_what_the_user_has_set_stays(module: str, given: str | None, expected: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != NAME}
    env |= {} if given is None else {NAME: given}
    said = subprocess.run(
        [sys.executable, "-c", SAY.format(module=module)], env=env, capture_output=True, text=True, check=False
    )
    assert said.stdout.split()[0] == expected, said.stderr


def test_nothing_loads_numpy_before() -> None:
    first = "import sys, typer, flexsite; print('numpy' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", first], capture_output=True, text=True, check=False)
    assert said.stdout.strip() == "False", said.stderr
