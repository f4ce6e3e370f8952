"""Two replicas behind a real nginx (`apt-get install nginx-light`), restarted one after the other under load.

    python -m tests.benchmarks.proxy rolling      SIGTERM: not one request may be lost
    python -m tests.benchmarks.proxy killed       SIGKILL: errors for less than 2 s

The configuration is deploy/nginx.conf with two fixed addresses in it. Ends with status 1 where a bar is missed.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.app.pictures import STROKES
from tests.conftest import ROOT, environment_of, free_port, wait_until_ready

CLIENTS = 8
SETTLE_SECONDS = 3


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


def configuration(port: int, replicas: list[Replica], folder: str) -> str:
    """deploy/nginx.conf for addresses that are known, without a container around it."""
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    servers = "\n".join(f"    server 127.0.0.1:{each.port} max_fails=1 fail_timeout=1s;" for each in replicas)
    text = re.sub(r"^    server digits:8000 .*$", servers, text, flags=re.MULTILINE)
    text = re.sub(r"^  resolver .*$", "", text, flags=re.MULTILINE)
    text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace("events {", f"pid {folder}/pid;\nevents {{")
    paths = "".join(f"{name}_temp_path {folder}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return text.replace("http {", f"daemon off;\nhttp {{\n  {paths}", 1)


@contextmanager
def proxied(replicas: list[Replica]) -> Iterator[str]:
    """nginx in front of the replicas; yields its URL."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "nginx.conf").write_text(configuration(port, replicas, folder))
        command = ["nginx", "-c", f"{folder}/nginx.conf", "-e", "stderr"]
        with subprocess.Popen(command, env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"}) as process:
            try:
                wait_until_ready(f"http://127.0.0.1:{port}", process)
                yield f"http://127.0.0.1:{port}"
            finally:
                process.terminate()


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


def main(kind: str) -> int:
    """Restart both replicas under load; 1 where the bar is missed."""
    number = {"rolling": signal.SIGTERM, "killed": signal.SIGKILL}[kind]
    replicas = [Replica(), Replica()]
    try:
        with proxied(replicas) as url, Load(url) as load:
            for each in replicas:
                time.sleep(SETTLE_SECONDS)
                each.end(number)
                each.start()
            time.sleep(SETTLE_SECONDS)
    finally:
        for each in replicas:
            each.process.kill()
    times = [when for when, _ in load.lost]
    spread = max(times) - min(times) if times else 0.0
    print(f"{kind}: {load.answered} answered right, {len(load.lost)} not {sorted({what for _, what in load.lost})[:3]}")
    print(f"from the first error to the last {spread:.2f} s")
    return int(bool(load.lost)) if kind == "rolling" else int(spread > 2 * (2 + SETTLE_SECONDS))


if __name__ == "__main__":
    sys.exit(max(main(kind) for kind in sys.argv[1:] or ("rolling", "killed")))
