"""Keys, writers and other processes for tests of the cache."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

from flexsite.cache import entry

ROOT = Path(__file__).resolve().parents[2]


def named(name: object) -> str:
    """A key without the versions that a real one depends on."""
    return hashlib.sha256(str(name).encode()).hexdigest()


def writer(text: str = "content", size: int = 100) -> Callable[[Path], None]:
    """Writes two files, one below a folder, `size` bytes in all."""

    def write(folder: Path) -> None:
        (folder / "deep").mkdir()
        content = (text * size)[:size].encode()
        (folder / "a.bin").write_bytes(content[: size // 2])
        (folder / "deep" / "b.bin").write_bytes(content[size // 2 :])

    return write


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != entry.MANIFEST
    }


def used_at(path: Path, seconds: float) -> None:
    """As if an entry was last used then."""
    os.utime(path / entry.MANIFEST, (seconds, seconds))


def half_entries(root: Path) -> list[Path]:
    """Whatever stands under the name of an entry and is none."""
    return [path for path in root.glob("[a-z]*/??/*") if not entry.sound(path, verify=True)]


def running(root: Path) -> list[Path]:
    return sorted((root / ".running").iterdir()) if (root / ".running").exists() else []


def child(code: str, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Another Python process with these helpers, its two streams to talk over."""
    start = "import sys, time\nfrom pathlib import Path\nfrom flexsite.cache import Cache\nfrom helpers import *\n"
    return subprocess.Popen(
        [sys.executable, "-c", start + textwrap.dedent(code), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)]), **environment},
    )


def kill(process: subprocess.Popen[str]) -> None:
    """`kill -9`."""
    process.kill()
    process.communicate()
