"""The page of the map in a real browser: nothing is loaded, keys and search work, no width scrolls sideways, print shows all."""

from __future__ import annotations

import http.server
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.render.test_map_drawings import map_of
from tests.support.browser import Browser, chromium
from tests.support.map_states import a_hostile_state, a_large_state, a_worrying_state
from vzctl.domain.state.state import State
from vzctl.render import map_html

pytestmark = pytest.mark.slow

SHOWN: Final = """
return Array.from(document.querySelectorAll("[role=treeitem] > .row"))
  .filter((row) => row.offsetParent !== null)
  .map((row) => row.querySelector(".name").textContent)
"""
FOCUSED: Final = "return document.activeElement.querySelector('.name')?.textContent || document.activeElement.id"
SCREENS: Final = [(width, scheme) for width in (375, 1280) for scheme in ("light", "dark")]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        yield found


def opened(browser: Browser, state: State, folder: Path, width: int = 1280, scheme: str = "light") -> str:
    """Open the page of the state as if it had been sent by mail, and return its address."""
    page = folder / "map.html"
    page.write_text(map_html.text(map_of(state, folder)), encoding="utf-8")
    browser.open("about:blank")
    browser.resize(width)
    browser.prefer(scheme)
    browser.requests()
    browser.open(page.as_uri())
    return page.as_uri()


def shown(browser: Browser) -> list[str]:
    """Return the names in the lines of the tree that are on the page."""
    found: list[str] = browser.run(SHOWN)
    return found


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_page_loads_nothing_and_fits(browser: Browser, tmp_path: Path, width: int, scheme: str) -> None:
    for state in (a_worrying_state(), a_hostile_state()):
        address = opened(browser, state, tmp_path, width, scheme)
        assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
        assert browser.run("return window.hit === undefined")
        browser.press("/", "x", "Escape", "Tab")
        assert browser.requests() == [address]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_can_be_read(browser: Browser, tmp_path: Path, scheme: str) -> None:
    """Every text has at least the contrast of WCAG AA, 4.5, with what is behind it."""
    opened(browser, a_worrying_state(), tmp_path, scheme=scheme)
    found = browser.run(
        """
        const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
        const light = ([r, g, b]) => {
          const parts = [r, g, b].map((x) => x / 255).map((x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4));
          return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
        };
        const behind = (element) => {
          for (let at = element; at; at = at.parentElement) {
            const color = numbers(getComputedStyle(at).backgroundColor);
            if (color.length < 4 || color[3] > 0) return color;
          }
          return [255, 255, 255];
        };
        const weak = [];
        for (const element of document.querySelectorAll("body *")) {
          if (!Array.from(element.childNodes).some((node) => node.nodeType === 3 && node.data.trim())) continue;
          if (element.closest("script, style")) continue;
          const pair = [light(numbers(getComputedStyle(element).color)), light(behind(element))].sort((a, b) => b - a);
          const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
          if (contrast < 4.5) weak.push(`${element.textContent.trim()}: ${contrast.toFixed(2)}`);
        }
        return weak;
        """
    )
    assert found == []


def test_light_and_dark_are_what_the_person_prefers(browser: Browser, tmp_path: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        opened(browser, a_worrying_state(), tmp_path, scheme=scheme)
        grounds.append(browser.run("return getComputedStyle(document.body).backgroundColor"))
    assert grounds == ["rgb(246, 246, 243)", "rgb(19, 21, 25)"]


def test_what_gets_in_all_the_same_does_not_run_and_reaches_nobody(browser: Browser, tmp_path: Path) -> None:
    asked: list[str] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base's own name)
            pass

    # HTTPServer would ask a resolver for the machine's full name.
    with socketserver.TCPServer(("127.0.0.1", 0), Listener) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        opened(browser, a_worrying_state(), tmp_path)
        browser.run(
            """
            document.body.insertAdjacentHTML("beforeend", `<img src="x" onerror="window.hit=1"><img src="${arguments[0]}/i">
              <link rel="stylesheet" href="${arguments[0]}/c">`);
            const script = document.createElement("script");
            script.textContent = "window.hit = 1";
            document.body.append(script);
            """,
            address,
        )
        refused = browser.run_later(
            "const done = arguments[1]; fetch(arguments[0] + '/a').then(() => done(false), () => done(true));", address
        )
        hit = browser.run("return window.hit ?? null")
        server.shutdown()
    assert (refused, hit, asked) == (True, None, [])


def test_the_tree_is_walked_with_keys(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    walked = []
    browser.press("Tab")
    assert browser.run("return document.activeElement.className") == "skip"
    for _ in range(6):
        browser.press("Tab")
        walked.append(browser.run(FOCUSED))
    assert walked == ["", "search", "attention", "open", "close", "OpenAI (openai)"]  # the first leads to the problems
    for keys, name in (
        (["ArrowDown"], "openai-prod"),
        (["ArrowRight"], "shop"),
        (["ArrowDown", "ArrowDown"], "shop/default_keyspace/items.title"),
        (["ArrowRight"], "shop/default_keyspace/items.title"),
        (["ArrowLeft"], "shop"),
        (["ArrowLeft", "ArrowDown"], "logs"),
        (["ArrowUp", "Enter", "ArrowDown"], "shop/default_keyspace/products"),
        (["End"], "shop/default_keyspace/plain"),
        (["Home"], "OpenAI (openai)"),
        (["Space", "ArrowDown"], "Mistral AI (mistral)"),
        (["ArrowUp", "ArrowUp"], "OpenAI (openai)"),
    ):
        browser.press(*keys)
        assert browser.run(FOCUSED) == name
    assert browser.run("return getComputedStyle(document.activeElement.firstElementChild).outlineStyle") == "solid"


def test_the_tools_never_hide_the_line_that_has_the_focus(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.resize(1280, 400)
    browser.click("#n0 .name")
    browser.press("Enter")
    for key in (*["ArrowDown"] * 20, *["ArrowUp"] * 20):
        browser.press(key)
        assert browser.run(
            """
            const row = document.activeElement.firstElementChild.getBoundingClientRect();
            const tools = document.querySelector(".tools").getBoundingClientRect();
            return row.top >= tools.bottom && row.bottom <= window.innerHeight;
            """
        )


def test_one_line_of_the_tree_is_in_the_order_of_tabs(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.click("#n3 .name")
    assert browser.run(FOCUSED) == "shop/default_keyspace/products"
    assert browser.run("return document.querySelectorAll('[role=treeitem][tabindex=\"0\"]').length") == 1
    browser.press("Tab")
    assert browser.run("return document.activeElement.closest('#map')") is None


def test_the_skip_link_and_the_problems_are_reached(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.press("Tab")
    assert browser.run("return document.activeElement.getBoundingClientRect().left >= 0")
    browser.press("Enter")
    assert browser.run("return location.hash") == "#map"
    browser.click("a.bad")
    assert browser.run("return document.activeElement.id") == "problems"


def test_searching_leaves_what_matches_with_its_way_there(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    whole = shown(browser)
    browser.press("/", "TICK")
    assert browser.run("return document.activeElement.id") == "search"
    assert shown(browser) == ["OpenAI (openai)", "openai-leaked", "archive", "archive/default_keyspace/tickets"]
    assert browser.run("return document.getElementById('found').textContent") == f"1 of {len(whole)} lines match"
    browser.press("Enter")
    assert browser.run(FOCUSED) == "archive/default_keyspace/tickets"
    browser.press("Escape")
    assert shown(browser) == whole
    assert browser.run("return document.getElementById('found').textContent") == ""


def test_what_matches_keeps_what_is_below_it(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.press("/", "openai-leaked")
    assert shown(browser) == ["OpenAI (openai)", "openai-leaked", "shop", "archive", "archive/default_keyspace/tickets"]


def test_a_search_without_a_match_says_so(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.press("/", "</script>", "Enter")
    assert shown(browser) == []
    assert browser.run("return document.getElementById('found').textContent").startswith("0 of ")
    browser.press("Escape")
    assert shown(browser) != []


def test_searching_gives_back_what_was_closed(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.click("#close")
    closed = shown(browser)
    browser.press("/", "plain")
    assert "shop/default_keyspace/plain" in shown(browser)
    browser.press("Escape")
    assert shown(browser) == closed
    browser.click("#open")
    assert len(shown(browser)) > len(closed)


def test_only_what_wants_attention_can_be_shown(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    browser.click("#attention")
    found = shown(browser)
    assert browser.run("return document.getElementById('attention').getAttribute('aria-pressed')") == "true"
    assert {"openai-prod", "jina-old", "acmeAI", "mistral-1"} <= set(found)
    assert {"Nvidia (nvidia)", "key in the header of each request"} & set(found) == set()
    browser.click("#attention")
    assert "Nvidia (nvidia)" in shown(browser)


def test_print_shows_all_that_is_closed_and_no_tools(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_worrying_state(), tmp_path)
    whole = shown(browser)
    browser.click("#close")
    assert len(shown(browser)) < len(whole)
    browser.prefer("dark", media="print")
    assert shown(browser) == whole
    assert browser.run("return document.querySelector('.tools').offsetParent") is None
    assert browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    browser.prefer("light")


def test_without_a_script_everything_is_open(browser: Browser, tmp_path: Path) -> None:
    state = a_large_state(60, 5)
    opened(browser, state, tmp_path)
    closed = len(shown(browser))
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    opened(browser, state, tmp_path)
    assert (closed, len(shown(browser))) == (61, 1 + 60 + 300)
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def test_a_large_map_begins_closed_and_is_searched(browser: Browser, tmp_path: Path) -> None:
    opened(browser, a_large_state(300, 20), tmp_path, 375)
    assert len(shown(browser)) == 301
    # List items would be numbered anew at every letter of a search, in square time.
    assert browser.run("return getComputedStyle(document.querySelector('[role=treeitem]')).display") == "block"
    browser.press("/", "credential-299")
    assert len(shown(browser)) == 2 + 20
    assert browser.run("return document.documentElement.scrollWidth <= window.innerWidth")
