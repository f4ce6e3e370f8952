"""Health, readiness, metrics, start and stop."""

import concurrent.futures
import contextlib
import hashlib
import os
import platform
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from app.memory import give_back_what_is_freed
from app.metrics import ROUTES
from tests.app.inprocess import app_with
from tests.app.pictures import STROKES, png, slow_png
from tests.app.shapes import assert_answer, assert_secured
from tests.conftest import ROOT, STOP_SECONDS, Server, free_port, running


def test_health_readiness_and_models_are_answered(server: Server) -> None:
    assert httpx.get(f"{server.url}/healthz").json() == {"status": "alive"}
    assert httpx.get(f"{server.url}/readyz").json() == {"status": "ready"}
    cards = httpx.get(f"{server.url}/models").json()
    assert [card["name"] for card in cards] == ["digitnet", "blog"]
    for card in cards:
        assert len(card["version"]) == 12
        assert card["bytes"] > 0


def test_head_is_answered_wherever_get_is(server: Server) -> None:
    with httpx.Client(base_url=server.url) as client:
        for path in ROUTES - {"/predict"}:
            get, head = client.get(path), client.head(path)
            assert head.status_code == get.status_code, path
            assert head.content == b""
            assert head.headers["content-type"] == get.headers["content-type"]
            assert_secured(head)


def test_health_is_answered_while_slow_images_are_read(server: Server) -> None:
    slow = slow_png()
    with httpx.Client(base_url=server.url) as client, concurrent.futures.ThreadPoolExecutor(4) as pool:
        headers = {"Content-Type": "image/png"}
        images = [pool.submit(client.post, "/predict", content=slow, headers=headers, timeout=30) for _ in range(8)]
        answered = 0
        while not any(image.done() for image in images):
            assert client.get("/healthz").status_code == 200
            assert_answer(client.post("/predict", json={"strokes": STROKES[7]}))
            answered += 1
        assert answered >= 3
        for image in images:
            assert assert_answer(image.result())["digit"] == 7


def test_metrics_count_requests_and_verdicts_with_bounded_labels(server: Server) -> None:
    httpx.get(f"{server.url}/a-path-that-somebody-made-up")
    httpx.request("MADEUP", f"{server.url}/healthz")
    verdict = assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}))["verdict"]
    response = httpx.get(f"{server.url}/metrics")
    assert response.headers["content-type"].startswith("text/plain")
    text = response.text
    assert re.search(rf'^digits_readings_total{{model="digitnet",verdict="{verdict}"}} [1-9]', text, re.MULTILINE)
    assert re.search(r'^digits_requests_total{method="GET",route="other",status="404"} [1-9]', text, re.MULTILINE)
    assert re.search(r'^digits_request_seconds_bucket{le="\+Inf",route="/predict"} [1-9]', text, re.MULTILINE)
    assert "\ndigits_waiting 0.0\n" in text
    assert "\nprocess_resident_memory_bytes " in text
    assert "made-up" not in text
    assert "MADEUP" not in text


def test_two_apps_in_a_process_count_apart() -> None:
    assert app_with() is not app_with()


def test_what_was_accepted_before_sigterm_is_answered() -> None:
    with running() as server, socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        body = png(7)
        head = f"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: image/png\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        assert b"100 Continue" in connection.recv(1000), "the app has asked for the body: the request is accepted"
        connection.sendall(body[:100])

        server.process.terminate()
        until = time.monotonic() + STOP_SECONDS
        with pytest.raises(ConnectionRefusedError):
            while time.monotonic() < until:
                socket.create_connection(("127.0.0.1", server.port), timeout=10).close()
                time.sleep(0.01)
        connection.sendall(body[100:])
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK")
        assert b'"digit":7' in answer
        server.process.wait(STOP_SECONDS)


def test_an_idle_connection_does_not_hold_up_the_end() -> None:
    # It is given a minute to ask something, which is far more than `stop` waits.
    with running(DIGITS_HEAD_SECONDS="60") as server, socket.create_connection(("127.0.0.1", server.port), timeout=10):
        assert server.stop() == -15


def test_a_client_that_goes_away_harms_nobody(server: Server) -> None:
    for cut in (0, 50):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            head = b"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: image/png\r\nContent-Length: 900\r\n\r\n"
            connection.sendall(head + png(7)[:cut])
    assert assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}))["digit"] == 7


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_the_allocator_takes_its_bounds() -> None:
    assert give_back_what_is_freed()


def _ends(**environment: str) -> str:
    """Start the service where it cannot start; returns what it said."""
    result = subprocess.run(
        [sys.executable, "-m", "app"],
        cwd=ROOT,
        env={**os.environ, "PORT": str(free_port()), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode not in (0, -15), result.stderr
    return result.stderr


def test_a_bad_setting_ends_the_start_in_one_line() -> None:
    said = _ends(DIGITS_QUEUE="many")
    assert said.count("\n") == 1
    assert "DIGITS_QUEUE='many' is not allowed" in said


def test_a_bad_port_ends_the_start_in_one_line() -> None:
    assert _ends(PORT="http") == "digits: PORT='http' is not allowed. It takes a whole number from 0 to 65535.\n"


def test_a_port_in_use_ends_the_start_in_one_line(server: Server) -> None:
    said = _ends(PORT=str(server.port))
    assert said.count("\n") == 1
    assert f"PORT={server.port} cannot be listened on: Address already in use" in said


def test_a_host_that_is_none_of_ours_ends_the_start_in_one_line() -> None:
    assert _ends(HOST="192.0.2.1").count("\n") == 1


@pytest.mark.parametrize("processes", ["1", "2"])
def test_damaged_weights_end_the_start_in_one_line(tmp_path: Path, processes: str) -> None:
    shipped = ROOT / "model" / "weights"
    for path in shipped.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    network = tmp_path / "digitnet.onnx"
    network.write_bytes(network.read_bytes()[:-1] + b"?")
    said = _ends(DIGITS_WEIGHTS=str(tmp_path), DIGITS_PROCESSES=processes)
    assert f"digits: The weights {network} are damaged" in said
    assert said.count("\n") == 1
    network.unlink()
    said = _ends(DIGITS_WEIGHTS=str(tmp_path), DIGITS_PROCESSES=processes)
    assert f"digits: The weights {network} cannot be read" in said
    assert said.count("\n") == 1


def test_weights_that_are_no_network_end_the_start_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "digitnet.onnx").write_bytes(b"no network")
    digest = hashlib.sha256(b"no network").hexdigest()
    (tmp_path / "SHA256SUMS").write_text(f"{digest}  digitnet.onnx\n")
    said = _ends(DIGITS_WEIGHTS=str(tmp_path))
    assert "are not a network of this program" in said
    assert said.count("\n") == 1


def test_several_processes_share_a_port_and_add_up_what_they_count() -> None:
    with running(DIGITS_PROCESSES="2") as server:
        processes = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        assert len(processes) >= 2
        for _ in range(40):  # each on a connection of its own, so that both processes get some
            assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}))
        for _ in range(5):
            text = httpx.get(f"{server.url}/metrics").text
            assert 'digits_requests_total{method="POST",route="/predict",status="200"} 40.0' in text
            assert 'digits_request_seconds_count{route="/predict"} 40.0' in text
            assert "\ndigits_waiting 0.0\n" in text
        assert server.stop() == 0
    until = time.monotonic() + 5
    while any(Path(f"/proc/{process}").exists() for process in processes):
        assert time.monotonic() < until, "no process stays behind"
        time.sleep(0.05)


def test_what_waited_in_a_process_that_was_killed_waits_no_more(tmp_path: Path) -> None:
    """As where uvicorn replaces one that hangs."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    count = "from app.metrics import Metrics; m = Metrics(); m.waiting.set({}); m.read('digitnet', 'sure'); "
    killed, asked = "import os; os._exit(0)", "print(m.exposition().decode())"
    for waiting, then in ((7, killed), (1, asked)):
        command = [sys.executable, "-c", count.format(waiting) + then]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "\ndigits_waiting 1.0\n" in done.stdout
    assert 'digits_readings_total{model="digitnet",verdict="sure"} 2.0' in done.stdout


def sockets_of(process: int) -> set[str]:
    """What a process is connected to: the other ends of its TCP and UDP sockets, its listeners and its own left out."""
    inodes = set()
    for link in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            inodes.add(str(link.readlink()).removeprefix("socket:[").removesuffix("]"))
    others = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes:
                others.add(f"{table} {fields[1]} {fields[2]}")
    return others


def test_nothing_is_sent_to_anyone_who_did_not_ask() -> None:
    with running() as server, httpx.Client(base_url=server.url) as client:
        own = f"0100007F:{server.port:04X}"
        until = time.monotonic() + 2  # whoever connects to a host that does not answer waits for longer than that
        while time.monotonic() < until:
            assert_answer(client.post("/predict", json={"strokes": STROKES[7]}))
            assert_answer(client.post("/predict", content=png(7), headers={"Content-Type": "image/png"}))
            assert {each.split()[1] for each in sockets_of(server.process.pid)} == {own}
        environment = Path(f"/proc/{server.process.pid}/maps").read_text()
        assert "libtorch" not in environment


def test_networks_and_the_document_are_sent_once_to_whoever_keeps_them(server: Server) -> None:
    for path in ("/models", "/openapi.json"):
        first = httpx.get(server.url + path)
        assert first.headers["cache-control"] == "no-cache"
        again = httpx.get(server.url + path, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        assert_secured(again)
        assert httpx.get(server.url + path, headers={"If-None-Match": "*"}).status_code == 304
    for path in ("/healthz", "/readyz", "/metrics"):
        assert httpx.get(server.url + path).headers["cache-control"] == "no-store"
