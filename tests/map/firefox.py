"""Drives an ordinary Firefox by WebDriver BiDi, the protocol it speaks itself; no driver beside it is needed."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATHS = (
    "/Applications/Firefox.app/Contents/MacOS/firefox",
    "C:/Program Files/Mozilla Firefox/firefox.exe",
)
# no talk of its own while a test listens
QUIET = """
user_pref("app.update.disabledForTesting", true);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("remote.prefs.recommended", true);
"""
# told to the test by the page itself, since violations of a policy are no messages of the console
LISTEN = "(tell) => document.addEventListener('securitypolicyviolation', (event) => tell(event.violatedDirective))"
WAIT = 60.0


def firefox() -> str | None:
    """Where Firefox is; FLEXSITE_FIREFOX names another."""
    names = (os.environ.get("FLEXSITE_FIREFOX"), *map(shutil.which, ("firefox-esr", "firefox")), *PATHS)
    return next((name for name in names if name and Path(name).exists()), None)


class Link:
    """A WebSocket with a thread of its own: the thread of the test may have a loop of somebody else."""

    def __init__(self, address: str) -> None:
        from tornado.websocket import websocket_connect

        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._socket: Any = self._run(lambda: websocket_connect(address))

    def _run(self, make: Callable[[], Awaitable[Any]]) -> Any:
        async def done() -> Any:
            return await make()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(WAIT)

    def write(self, text: str) -> None:
        """Send a text."""
        self._run(lambda: self._socket.write_message(text))

    def read(self) -> Any:
        """The next text; None at the end."""
        return self._run(self._socket.read_message)

    def close(self) -> None:
        """Say goodbye and end the thread."""

        async def goodbye() -> None:
            self._socket.close()
            await self._socket.read_message()

        self._run(goodbye)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT)
        self._loop.close()


@dataclass
class Session:
    """One page of a Firefox, with what it said and asked for."""

    link: Link
    context: str = ""
    messages: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    _number: int = 0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command and its answer; what happens meanwhile is written down."""
        self._number += 1
        number = self._number
        self.link.write(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            text = self.link.read()
            assert text is not None, "Firefox is gone"
            answer = json.loads(text)
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return dict(answer["result"])
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        method, told = event.get("method"), event.get("params", {})
        if method == "log.entryAdded":
            self.messages.append(f"{told['level']}: {told['text']}")
        elif method == "script.message":
            self.messages.append(f"policy: {told['data'].get('value')}")
        elif method == "network.beforeRequestSent":
            self.requests.append(told["request"]["url"])

    def open(self, file: Path) -> None:
        """Go to a file, listening from its first byte."""
        listener = {"type": "channel", "value": {"channel": "policy"}}
        self.call("script.addPreloadScript", functionDeclaration=LISTEN, arguments=[listener])
        events = ["log.entryAdded", "network.beforeRequestSent", "script.message"]
        self.call("session.subscribe", events=events)
        self.context = self.call("browsingContext.getTree")["contexts"][0]["context"]
        self.call("browsingContext.activate", context=self.context)
        self.call("browsingContext.setViewport", context=self.context, viewport={"width": 1280, "height": 800})
        self.call("browsingContext.navigate", context=self.context, url=file.as_uri(), wait="complete")

    def js(self, code: str) -> Any:
        """The value of an expression, waited for, as JSON tells it."""
        answer = self.call(
            "script.evaluate",
            expression=f"Promise.resolve({code}).then((value) => JSON.stringify(value))",
            target={"context": self.context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer
        found = answer["result"].get("value")
        return None if found is None else json.loads(found)

    def click(self, selector: str) -> None:
        """The mouse on the middle of an element, which is brought into view."""
        self.js(f"void document.querySelector({selector!r}).scrollIntoView({{block: 'center'}})")
        box = self.js(f"document.querySelector({selector!r}).getBoundingClientRect()")
        x, y = (round(box[side] + box[size] / 2) for side, size in (("x", "width"), ("y", "height")))
        actions: list[dict[str, Any]] = [{"type": "pointerMove", "x": x, "y": y}]
        actions += [{"type": kind, "button": 0} for kind in ("pointerDown", "pointerUp")]
        source = {"type": "pointer", "id": "mouse", "actions": actions}
        self.call("input.performActions", context=self.context, actions=[source])


@contextmanager
def session(program: str, folder: Path) -> Iterator[Session]:
    """A Firefox without a window and with a profile of its own, ended afterwards."""
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    (profile / "user.js").write_text(QUIET)
    command = [program, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    with log.open("wb") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as process:
        try:
            with closing(Link(_address(log) + "/session")) as link:
                one = Session(link)
                one.call("session.new", capabilities={})
                yield one
        finally:
            process.terminate()
            process.wait(WAIT)


def _address(log: Path) -> str:
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        found = re.search(r"BiDi listening on (ws://\S+)", log.read_text(errors="replace"))
        if found:
            return found[1]
        time.sleep(0.1)
    raise AssertionError(f"Firefox did not start: {log.read_text(errors='replace')[-500:]}")
