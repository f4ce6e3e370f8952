"""A real Chromium on the real page of a real server."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, expect, sync_playwright

from tests.browser import chromium
from tests.browser.hand import Hand
from tests.conftest import ROOT, Server

# Long for an answer that takes milliseconds, even where others keep the machine busy; only what fails waits for it.
TIMEOUT_MS = 20_000
expect.set_options(timeout=TIMEOUT_MS)

# Some time that a page's clock, which begins at 0, cannot have got to by itself, in seconds.
LATER = 3_600


@dataclass
class Watch:
    """What a page did that it should not have; a test that provokes a complaint adds part of it to `expected`."""

    origin: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=lambda: ["Service Worker registration blocked by Playwright"])

    def watch(self, page: Page) -> None:
        """Note errors in the console (violations of the content security policy among them) and foreign requests."""
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)

    def check(self) -> None:
        """Fail on the first complaint that was not expected."""
        for complaint in self.complaints:
            assert any(part in complaint for part in self.expected), complaint

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _error(self, error: Error) -> None:
        self.complaints.append(str(error))

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:", f"blob:{self.origin}/")):
            self.complaints.append(f"a request to {request.url}")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One Chromium for the package, ended with it: while it runs, its thread can run no other event loop."""
    with sync_playwright() as playwright:
        try:
            found = chromium.launch(playwright)
        except Error as error:
            reason = f"no Chromium to test the page in: {error.message.splitlines()[0]}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        yield found
        found.close()


OpenPage = Callable[..., Page]


REPORT = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[REPORT] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[REPORT]:
        terminalreporter.write_line(line)


@pytest.fixture
def report(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print when all tests are done: what was measured and not judged."""
    return pytestconfig.stash[REPORT]


@pytest.fixture
def watch(server: Server) -> Watch:
    return Watch(server.url)


@pytest.fixture
def open_page(browser: Browser, server: Server, watch: Watch) -> Iterator[OpenPage]:
    """Open the page in a context made with these options; when the test ends nothing may have been complained of."""
    contexts = []

    def open_page(url: str = server.url, **options: Any) -> Page:
        # The service worker fetches all files once more: only the tests of it have it.
        defaults = {"viewport": {"width": 1200, "height": 860}, "service_workers": "block"}
        context = browser.new_context(**{**defaults, **options})
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        watch.origin = url
        watch.watch(page)
        page.goto(f"{url}/")
        page.wait_for_selector('#result[data-state="empty"]')
        return page

    yield open_page
    for context in contexts:
        context.close()
    watch.check()


@contextmanager
def restarted(server: Server) -> Iterator[None]:
    """The service once more on the port of one that has ended; it need not be ready yet."""
    environment = {**os.environ, "HOST": "127.0.0.1", "PORT": str(server.port)}
    process = subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def hand(page: Page) -> Hand:
    return Hand(page)


@pytest.fixture
def stopped(page: Page) -> Page:
    """The page with its clock stopped: what it shows for a while only is there until `clock.run_for` says otherwise."""
    page.clock.install(time=0)
    page.clock.pause_at(LATER)
    page.reload()  # or timers that the real clock has begun would go on, and could not be cleared
    page.wait_for_selector('#result[data-state="empty"]')
    return page
