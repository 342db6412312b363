"""Set up flexsite on a fresh machine and run it; needs nothing but Python 3.11 or newer.

    python3 .ci/start.py demo        the invented region, end to end; the map's path is printed last
    python3 .ci/start.py test        every test
    python3 .ci/start.py install     only the environment, for the other tools in it
    python3 .ci/start.py run ...     any other flexsite command

The environment is `.venv` beside this repository's README, or the folder named by FLEXSITE_VENV. It is made once and
renewed when pyproject.toml or constraints.txt change, so the system's own Python packages are never touched.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = Path(os.environ.get("FLEXSITE_VENV") or ROOT / ".venv").absolute()
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
FLEXSITE = PYTHON.with_name("flexsite.exe" if os.name == "nt" else "flexsite")
STAMP = VENV / "flexsite-installed.txt"
DEMO_OUT = ROOT / "flexsite-demo"
EXTRAS = "[test]"


def say(text: str) -> None:
    """Tell the user something, out of the way of the results on stdout."""
    print(text, file=sys.stderr, flush=True)


def fingerprint() -> str:
    """Tell what the environment was made for: this place, and the contents of the files that say what to install."""
    digest = hashlib.sha256(str(ROOT).encode())
    for name in ("pyproject.toml", "constraints.txt"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def step(*command: str | Path) -> None:
    """Run one step of the set-up, or end with its exit code and a message."""
    if code := subprocess.run([*map(str, command)], check=False, stdout=sys.stderr).returncode:
        say(f"\nThe set-up stopped at: {' '.join(map(str, command))}")
        say("Is there a network connection? Once that works, give the same command again.")
        sys.exit(code)


def has_pip() -> bool:
    """Whether the environment is there and whole; one that was broken off half-way is not."""
    command = [str(PYTHON), "-m", "pip", "--version"]
    return PYTHON.exists() and subprocess.run(command, check=False, capture_output=True).returncode == 0


def make_environment() -> None:
    """Make the virtual environment, unless it is there and up to date."""
    current = fingerprint()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8").strip() == current:
        return
    say(f"Setting up in {VENV} (once; a few minutes)...")
    if not has_pip():
        try:
            import ensurepip  # noqa: F401, PLC0415 - Debian and Ubuntu leave it out of their Python
        except ImportError:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            sys.exit(f"This Python makes no virtual environments. Install them first: apt install python{version}-venv")
        step(sys.executable, "-m", "venv", "--clear", VENV)
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    step(*pip, "-c", ROOT / "constraints.txt", "-e", f"{ROOT}{EXTRAS}")
    STAMP.write_text(current + "\n", encoding="utf-8")


def run(*command: str | Path, folder: Path | None = None) -> int:
    """Run a command of the environment and return its exit code."""
    return subprocess.run([*map(str, command)], check=False, cwd=folder).returncode


def demo(arguments: list[str]) -> int:
    """Run the demo and print where its map is."""
    out = DEMO_OUT
    if "--out" in arguments[:-1]:
        out = Path(arguments[arguments.index("--out") + 1])
    else:
        arguments = [*arguments, "--out", str(out)]
    code = run(FLEXSITE, "demo", *arguments)
    if code == 0:
        print(f"\nThe map: {out.resolve() / 'map.html'}", flush=True)
    return code


def main(arguments: list[str]) -> int:
    """Do what the command line asks."""
    if not arguments or arguments[0] in {"-h", "--help"}:
        print(__doc__)
        return 0
    make_environment()
    command, *rest = arguments
    if command == "install":
        return 0
    if command == "test":  # all of them on up to eight cores at once; some of them as asked
        everything = ("-n", str(min(os.cpu_count() or 1, 8)), "--dist", "loadfile")
        return run(PYTHON, "-m", "pytest", *(rest or everything), folder=ROOT)
    if command == "demo":
        return demo(rest)
    return run(FLEXSITE, command, *rest)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - the very machine this message is for
        sys.exit("flexsite needs Python 3.11 or newer; this is %d.%d." % sys.version_info[:2])  # noqa: UP031 - any Python
    sys.exit(main(sys.argv[1:]))
