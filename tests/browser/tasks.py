"""How long the page keeps the browser's main thread to itself."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

LONG_MS = 50  # a task longer than this is felt: the W3C's Long Tasks API draws the same line


@dataclass
class Tasks:
    """What ran on a page's main thread, in milliseconds a task: by the clock, and of the processor alone."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    @property
    def long(self) -> list[float]:
        """Tasks that take too long by their own doing: others on the machine lengthen the clock's time, not this."""
        return [each for each in self.processor if each > LONG_MS]


@contextmanager
def traced(page: Page) -> Iterator[Tasks]:
    """Chromium's own trace of all tasks while the block runs; it is filled when that ends."""
    browser = page.context.browser
    assert isinstance(browser, Browser)
    tasks = Tasks()
    browser.start_tracing(page=page, categories=["toplevel"])
    try:
        yield tasks
    finally:
        events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {
        (each["pid"], each["tid"])
        for each in events
        if each["name"] == "thread_name" and each["args"]["name"] == "CrRendererMain"
    }
    for each in events:
        if each["name"] == "ThreadControllerImpl::RunTask" and (each["pid"], each["tid"]) in threads and "tdur" in each:
            tasks.clock.append(each["dur"] / 1000)
            tasks.processor.append(each["tdur"] / 1000)
