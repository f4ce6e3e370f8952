"""Two replicas behind a real nginx (`apt-get install nginx-light`), restarted one after the other under load.

    python -m tests.benchmarks.proxy rolling      SIGTERM: not one request may be lost
    python -m tests.benchmarks.proxy killed       SIGKILL: errors for less than 2 s after each
    python -m tests.benchmarks.proxy refused      too large, busy, all replicas gone: each a problem that says so
    python -m tests.benchmarks.proxy scaling      the rate with one replica and with two, on two cores that nginx and
                                                  wrk share with them

The configuration is deploy/nginx.conf with two fixed addresses in it. Ends with status 1 where a bar is missed.
"""

import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from tests.app.pictures import STROKES, slow_png
from tests.benchmarks.service import BODIES, CONNECTIONS, ROUNDS, checked, pin
from tests.conftest import ROOT, Server, environment_of, free_port, wait_until_ready

CLIENTS = 8
SETTLE_SECONDS = 3
MAX_ERROR_SECONDS = 2.0
REFUSED = 200  # photographs at once: more than two replicas let wait


class Replica:
    """A service that can be ended and started again on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.start()

    def start(self) -> None:
        """Returns when it is ready."""
        self.process = subprocess.Popen([sys.executable, "-m", "app"], cwd=ROOT, env=environment_of(self.port))
        wait_until_ready(f"http://127.0.0.1:{self.port}", self.process)

    def end(self, number: signal.Signals) -> None:
        """Returns when it is gone."""
        self.process.send_signal(number)
        self.process.wait(20)


def configuration(port: int, replicas: Sequence[Replica | Server], folder: str) -> str:
    """deploy/nginx.conf for addresses that are known, without a container around it."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    servers = "\n".join(f"    server 127.0.0.1:{each.port} max_fails=0;" for each in replicas)
    text = re.sub(r"^    server digits:8000 .*$", servers, text, flags=re.MULTILINE)
    text = re.sub(r"^  resolver .*$", "", text, flags=re.MULTILINE)
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace("events {", f"pid {folder}/pid;\nevents {{")
    paths = "".join(f"{name}_temp_path {folder}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return text.replace("http {", f"daemon off;\nhttp {{\n  {paths}", 1)


@contextmanager
def proxied(replicas: Sequence[Replica | Server]) -> Iterator[str]:
    """nginx in front of the replicas; yields its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "nginx.conf").write_text(configuration(port, replicas, folder))
        quiet = "error_log stderr crit;"  # that a replica is gone it says thousands of times
        command = ["nginx", "-c", f"{folder}/nginx.conf", "-e", "stderr", "-g", quiet]
        with subprocess.Popen(command, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}) as process:
            try:
                wait_until_ready(f"http://127.0.0.1:{port}", process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


@contextmanager
def two() -> Iterator[list[Replica]]:
    """Two replicas that end with the block."""
    replicas = [Replica(), Replica()]
    try:
        yield replicas
    finally:
        for each in replicas:
            each.process.kill()
            each.process.wait()


class Load:
    """Clients that ask without a pause, and note when they were not answered right."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answered = 0
        self.lost: list[tuple[float, str]] = []
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> "Load":
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for each in self._threads:
            each.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            while not self._done.is_set():
                try:
                    response = client.post("/predict", json={"strokes": STROKES[7]})
                    what = "" if response.status_code == 200 and response.json()["digit"] == 7 else response.text[:80]
                except httpx.TransportError as error:
                    what = repr(error)
                self.answered += not what
                if what:
                    self.lost.append((time.monotonic(), what))


def restarted(kind: str) -> bool:
    """Restart both replicas under load; whether the bar is met."""
    number = {"rolling": signal.SIGTERM, "killed": signal.SIGKILL}[kind]
    ended = []
    with two() as replicas, proxied(replicas) as url, Load(url) as load:
        for each in replicas:
            time.sleep(SETTLE_SECONDS)
            ended.append(time.monotonic())
            each.end(number)
            each.start()
        time.sleep(SETTLE_SECONDS)
    print(f"{kind}: {load.answered} answered right, {len(load.lost)} not {sorted({what for _, what in load.lost})[:3]}")
    if kind == "rolling":
        return not load.lost and load.answered > 0
    until = [*ended[1:], float("inf")]
    seconds = [
        max((when - start for when, _ in load.lost if start <= when < end), default=0.0)
        for start, end in zip(ended, until, strict=True)
    ]
    print(f"from a kill to the last error after it: {', '.join(f'{each:.2f} s' for each in seconds)}")
    return max(seconds) < MAX_ERROR_SECONDS and load.answered > 0


def rolling() -> bool:
    """SIGTERM to one after the other; whether nothing was lost."""
    return restarted("rolling")


def killed() -> bool:
    """SIGKILL to one after the other; whether errors ended soon."""
    return restarted("killed")


def refused() -> bool:
    """Whether every refusal behind nginx is a problem of its kind, and one client's photographs are in nobody's way."""
    photographs: list[str] = []
    pages: list[int] = []
    with two() as replicas, proxied(replicas) as url:
        too_large = kind_of(post(url, b"\x89PNG" + bytes(11_000_000)))
        ours = httpx.get(f"{url}/models", headers={"X-Request-Id": "ours"}).headers["x-request-id"]
        ask = partial(post, url, slow_png())
        threads = [threading.Thread(target=lambda: photographs.append(kind_of(ask()))) for _ in range(REFUSED)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            pages.append(httpx.get(url, timeout=30).status_code)
        for replica in replicas:
            replica.end(signal.SIGKILL)
        gone = kind_of(httpx.get(f"{url}/models"))
    print(f"refused: too large {too_large!r}, request id {ours!r}, photographs {dict(Counter(photographs))},")
    print(f"         the page meanwhile {dict(Counter(pages))}, replicas gone {gone!r}")
    said = (too_large, ours, set(photographs), set(pages), gone)
    return said == ("too-large", "ours", {"answered", "busy"}, {200}, "busy")


def post(url: str, picture: bytes) -> httpx.Response:
    """What it says to a picture."""
    return httpx.post(f"{url}/predict", content=picture, headers={"Content-Type": "image/png"}, timeout=60)


def kind_of(answer: httpx.Response) -> str:
    """The type of a problem that is as it should be, `answered`, or what is wrong."""
    media = answer.headers["content-type"]
    if answer.status_code == 200:
        return "answered"
    if media != "application/problem+json" or (answer.status_code == 503 and "retry-after" not in answer.headers):
        return f"{answer.status_code} {dict(answer.headers)}"
    return str(answer.json()["type"])


def scaling() -> bool:
    """Print the rate of drawings through nginx to one replica and to two, each on a core of its own."""
    rates = []
    with two() as replicas:
        for core, each in enumerate(replicas):
            pin(each.process.pid, core)
        with proxied(replicas[:1]) as one, proxied(replicas) as both:
            for _ in range(ROUNDS):
                answers = [checked(f"{url}/predict", BODIES["strokes"], 2 * CONNECTIONS, 3) for url in (one, both)]
                assert not any(each.wrong for each in answers), answers
                rates.append([each.right / 3 for each in answers])
    low, high = (statistics.median(taken) for taken in zip(*rates, strict=True))
    ratio = statistics.median(second / first for first, second in rates)
    print(f"scaling: {low:.0f}/s with one replica, {high:.0f}/s with two, {ratio:.2f} times (n = {ROUNDS})")
    return ratio > 1


if __name__ == "__main__":
    tasks = {"rolling": rolling, "killed": killed, "refused": refused, "scaling": scaling}
    met = [tasks[name]() for name in sys.argv[1:] or tasks]
    sys.exit(0 if all(met) else 1)
