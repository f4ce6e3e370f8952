"""Every setting of the service: an environment variable with the prefix `DIGITS_`.

Variables of that prefix which are not settings are passed over: Kubernetes makes some of its own (`DIGITS_PORT` for a
service named digits), and the training script has `DIGITS_DATA`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

PREFIX = "DIGITS_"
# As a browser writes it: small letters, no path, no slash at the end.
_ORIGIN = re.compile(r"https?://[a-z0-9.\[\]:-]+")


class BadSetting(ValueError):
    """An environment variable with a value that is not allowed."""


class Number(NamedTuple):
    """A setting that is a whole number: its name without the prefix, its default, its bounds, and what it is for."""

    name: str
    default: int
    low: int
    high: int
    help: str

    def read(self, text: str) -> int:
        """Its value as the environment has it, empty where it is not set. Raises `BadSetting`, as the others do."""
        if not text:
            return self.default
        try:
            value = int(text)
        except ValueError:
            value = self.low - 1
        if not self.low <= value <= self.high:
            takes = f"a whole number from {self.low} to {self.high}"
            raise BadSetting(_refusal(self, text[:40], takes))
        return value


class Folder(NamedTuple):
    """A setting that is a folder; its default is written for people."""

    name: str
    default: str
    help: str

    def read(self, text: str) -> Path | None:
        """The folder, or None where none is named."""
        if text and not Path(text).is_dir():
            raise BadSetting(_refusal(self, text[:200], "a folder that exists"))
        return Path(text) if text else None


class Origins(NamedTuple):
    """A setting that lists origins of pages, with commas between."""

    name: str
    default: str
    help: str

    def read(self, text: str) -> tuple[str, ...]:
        """The origins, none where none is named."""
        origins = tuple(origin.strip() for origin in text.split(",") if origin.strip())
        for origin in origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                takes = "origins in small letters, without a path or a slash at the end, and commas between"
                raise BadSetting(_refusal(self, origin[:80], takes))
        return origins


Setting = Number | Folder | Origins

SETTINGS: tuple[Setting, ...] = (
    Number(
        # A phone's photograph of 12 megapixels is a JPEG of 2 to 8 MB.
        "max_bytes", 10_000_000, 1_000, 100_000_000,
        "Largest request body that is read, in bytes. The page, and a proxy in front, have limits of their own.",
    ),
    Number(
        # Python and Pillow share the interpreter for part of each image, so more than the cores do not help.
        "workers", 2, 1, 64, "Images that are read at once, each in a thread of its own and up to 100 MB of memory."
    ),
    Number(
        # Strokes take 0.2 ms, a drawn picture up to 1 ms, those in doubt 1 or 2 ms more; how long all of them may wait
        # is bounded apart from this.
        "queue", 64, 0, 10_000,
        "Drawings, and large images, that wait to be read; one more is answered 503. Small images fill half of it.",
    ),
    Number("head_seconds", 10, 1, 3_600, "Seconds within which a request's headers have to arrive."),
    Number("body_seconds", 20, 1, 3_600, "Seconds within which a request body has to arrive."),
    Number(
        # nginx closes its idle connections to a service after 60 s; a service that is quicker cuts off its requests.
        "idle_seconds", 75, 1, 3_600, "Seconds after which a connection on which nothing is asked is closed."
    ),
    Number(
        # Each holds up to 64 kB of what has not been read yet. A process may hold 1,024 files open by default.
        "connections", 900, 1, 100_000, "Connections that are open at once; one more is answered 503."
    ),
    Number(
        "processes", 1, 1, 64,
        "Processes that share the port, each with networks, threads, queues and limits of its own: 110 MB at rest.",
    ),
    Number(
        # Each request then takes the long way, by the framework, which knows of ids: 2,200 strokes a second for 4,900.
        "access_log", 0, 0, 1,
        "1 writes a line of JSON to standard output for each request, which leaves time for half as many.",
    ),
    Number(
        # The network is too small to share out: two threads answer no sooner than one.
        "threads", 1, 1, 64, "Threads that one run of a network uses."
    ),
    Folder(
        "weights",
        "those shipped",
        "Folder of networks, as train.py writes them, to serve in place of those shipped of the same name.",
    ),
    Origins(
        "origins",
        "none",
        "Origins of other pages that a browser lets ask, as in `https://a.example,http://localhost:3000`; `*` for all.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings that a service runs with; the names are those of `SETTINGS`."""

    max_bytes: int
    workers: int
    queue: int
    head_seconds: int
    body_seconds: int
    idle_seconds: int
    connections: int
    processes: int
    access_log: int
    threads: int
    weights: Path | None
    origins: tuple[str, ...]

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Take every setting from the environment, or its default. Raises `BadSetting`."""
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            values[setting.name] = setting.read(environment.get(variable(setting), "").strip())
        return cls(**values)


def variable(setting: Setting) -> str:
    """The environment variable of a setting."""
    return PREFIX + setting.name.upper()


def _refusal(setting: Setting, text: str, takes: str) -> str:
    return (
        f"{variable(setting)}={text!r} is not allowed. It takes {takes}, {setting.default} if it is not set. "
        f"{setting.help}"
    )
