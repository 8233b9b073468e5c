"""A headless Chromium with an empty profile, driven through chromedriver: WebDriver is HTTP and JSON, and needs no library."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.support.tools import require_tool

LIMIT_SECONDS: Final = 60
KEYS: Final = {
    "Home": "\ue011",
    "End": "\ue010",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
    "Enter": "\ue007",
    "Escape": "\ue00c",
    "Space": " ",
    "Tab": "\ue004",
}
"""WebDriver's characters for keys without a character of their own."""
ARGUMENTS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-sync",
)
_DIRECT: Final = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Browser:
    """One window of Chromium."""

    def __init__(self, address: str, profile: Path) -> None:
        self._address = address
        options = {
            "binary": require_tool("chromium"),
            "args": [*ARGUMENTS, f"--user-data-dir={profile}"],
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"performance": "ALL"}}
        self._session = ""
        self._session = self._call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def open(self, url: str) -> None:
        """Go to a page and wait for it."""
        self._command("POST", "/url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript in the page and return what it returns."""
        return self._command("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_later(self, script: str, *arguments: Any) -> Any:
        """Run JavaScript that ends by calling its last argument, and return what it gives."""
        return self._command("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def press(self, *keys: str) -> None:
        """Press keys one after the other: names of `KEYS`, or text whose characters are typed."""
        characters = [item for key in keys for item in ([KEYS[key]] if key in KEYS else key)]
        actions = [{"type": kind, "value": item} for item in characters for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._command("POST", "/actions", {"actions": [keyboard]})

    def click(self, selector: str) -> None:
        """Click in the middle of the first element that matches."""
        found = self._command("POST", "/element", {"using": "css selector", "value": selector})
        self._command("POST", f"/element/{next(iter(found.values()))}/click", {})

    def resize(self, width: int, height: int = 900) -> None:
        """Give the page a screen of that size."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 500
        )

    def prefer(self, scheme: str, *, media: str = "screen") -> None:
        """Let the person prefer `light` or `dark`, and the page be on a `screen` or in `print`."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.devtools("Emulation.setEmulatedMedia", media=media, features=features)

    def devtools(self, method: str, **parameters: Any) -> Any:
        """Send a command of the DevTools protocol."""
        return self._command("POST", "/goog/cdp/execute", {"cmd": method, "params": parameters})

    def screenshot(self, path: Path) -> None:
        """Save what the screen shows."""
        path.write_bytes(base64.b64decode(self._command("GET", "/screenshot")))

    def requests(self) -> list[str]:
        """Return every address that was asked for since this was last called."""
        entries = self._command("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(entry["message"])["message"] for entry in entries]
        return [item["params"]["request"]["url"] for item in messages if item["method"] == "Network.requestWillBeSent"]

    def close(self) -> None:
        """Close the window."""
        self._command("DELETE", "")

    def _command(self, method: str, path: str, body: Any = None) -> Any:
        return self._call(method, f"/session/{self._session}{path}", body)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310  (the address is chromedriver's)
            f"{self._address}{path}", data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with _DIRECT.open(request, timeout=LIMIT_SECONDS) as answer:
                return json.loads(answer.read())["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.loads(error.read())["value"]["message"]) from None


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start Chromium with an empty profile in `folder`; without it skip the test, or in CI fail it."""
    require_tool("chromium")
    driver = subprocess.Popen(
        [require_tool("chromedriver"), "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert driver.stdout is not None
    try:
        port = next(
            found[1] for line in driver.stdout if (found := re.search(r"started successfully on port (\d+)", line))
        )
        browser = Browser(f"http://127.0.0.1:{port}", folder / "profile")
        try:
            yield browser
        finally:
            browser.close()
    finally:
        driver.terminate()
        driver.wait(LIMIT_SECONDS)
        driver.stdout.close()
