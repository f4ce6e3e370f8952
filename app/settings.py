"""Every setting of the service: an environment variable with the prefix `DIGITS_`.

Variables of that prefix which are not settings are passed over: Kubernetes makes some of its own (`DIGITS_PORT` for a
service named digits), and the training script has `DIGITS_DATA`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

PREFIX = "DIGITS_"


class Setting(NamedTuple):
    """A setting that is a whole number: its name without the prefix, its default, its bounds, and what it is for."""

    name: str
    default: int
    low: int
    high: int
    help: str


class Folder(NamedTuple):
    """A setting that is a folder; its default is written for people."""

    name: str
    default: str
    help: str


SETTINGS: tuple[Setting | Folder, ...] = (
    Setting(
        # A phone's photograph of 12 megapixels is a JPEG of 2 to 8 MB.
        "max_bytes", 10_000_000, 1_000, 100_000_000, "Largest request body that is read, in bytes."
    ),
    Setting(
        # Python and Pillow share the interpreter for part of each image, so more than the cores do not help.
        "workers", 2, 1, 64, "Images that are read at once, each in a thread of its own and up to 100 MB of memory."
    ),
    Setting(
        # A drawn picture takes 0.5 ms: a full queue is answered within a twentieth of a second.
        "queue", 64, 0, 10_000, "Images, and drawings, that wait to be read; one more is answered 503 at once."
    ),
    Setting("head_seconds", 10, 1, 3_600, "Seconds within which a request's headers have to arrive."),
    Setting("body_seconds", 20, 1, 3_600, "Seconds within which a request body has to arrive."),
    Setting(
        # nginx closes its idle connections to a service after 60 s; a service that is quicker cuts off its requests.
        "idle_seconds", 75, 1, 3_600, "Seconds after which a connection on which nothing is asked is closed."
    ),
    Setting(
        # Each holds up to 64 kB of what has not been read yet. A process may hold 1,024 files open by default.
        "connections", 900, 1, 100_000, "Connections that are open at once; one more is answered 503."
    ),
    Setting("processes", 1, 1, 64, "Processes that share the port, each with networks of its own."),
    Setting("access_log", 0, 0, 1, "1 writes a line of JSON to standard output for each request."),
    Setting(
        # The network is too small to share out: two threads answer no sooner than one.
        "threads", 1, 1, 64, "Threads that one run of a network uses."
    ),
    Folder(
        "weights",
        "those shipped",
        "Folder of networks, as train.py writes them, to serve in place of those shipped of the same name.",
    ),
)  # fmt: skip


class BadSetting(ValueError):
    """An environment variable with a value that is not allowed."""


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

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Take every setting from the environment, or its default. Raises `BadSetting`."""
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            text = environment.get(variable(setting), "").strip()
            values[setting.name] = _number(setting, text) if isinstance(setting, Setting) else _folder(setting, text)
        return cls(**values)


def variable(setting: Setting | Folder) -> str:
    """The environment variable of a setting."""
    return PREFIX + setting.name.upper()


def _number(setting: Setting, text: str) -> int:
    if not text:
        return setting.default
    try:
        value = int(text)
    except ValueError:
        value = setting.low - 1
    if not setting.low <= value <= setting.high:
        raise BadSetting(
            f"{variable(setting)}={text[:40]!r} is not allowed. It takes a whole number from {setting.low} to "
            f"{setting.high}, {setting.default} if it is not set. {setting.help}"
        )
    return value


def _folder(setting: Folder, text: str) -> Path | None:
    if not text:
        return None
    folder = Path(text)
    if not folder.is_dir():
        raise BadSetting(
            f"{variable(setting)}={text[:200]!r} is not allowed. It takes a folder that exists, {setting.default} if "
            f"it is not set. {setting.help}"
        )
    return folder
