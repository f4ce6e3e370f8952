"""Refused by the connection itself, or before all was sent: told like any other, and logged like any other."""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from app.connection import MAX_HEADERS, MAX_REST
from tests.app.shapes import assert_problem
from tests.app.wire import BROKEN_OFF, GONE, HEAD, connect, parsed, rest
from tests.conftest import ROOT, Server, environment_of, free_port, running, wait_until_ready

OURS = b"https://a.example"
WITH_ID = b"GET /nowhere HTTP/1.1\r\nHost: app\r\nX-Request-Id: mine\r\nOrigin: " + OURS + b"\r\nA: b\r\n"
MANY = b"a: b\r\n" * (MAX_HEADERS + 1) + b"\r\n"


@pytest.fixture(scope="module")
def patient() -> Iterator[Server]:
    with running(DIGITS_HEAD_SECONDS="60") as started:
        yield started


def said(server: Server, sent: bytes) -> httpx.Response:
    with connect(server) as connection:
        connection.sendall(sent)
        return parsed(rest(connection))


@pytest.fixture(scope="module")
def open_server() -> Iterator[Server]:
    with running(DIGITS_ORIGINS=OURS.decode(), DIGITS_HEAD_SECONDS="1") as started:
        yield started


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (WITH_ID + MANY, "headers-too-large"),
        (WITH_ID + b"Ho st: app\r\n\r\n", "bad-request"),
        (WITH_ID, "too-slow"),
        (WITH_ID + b"Transfer-Encoding: chunked\r\n\r\nseven\r\n", "bad-request"),
    ],
)
def test_the_id_comes_back_and_a_page_may_read_it(open_server: Server, sent: bytes, kind: str) -> None:
    answer = said(open_server, sent)
    assert_problem(answer, kind)
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["access-control-allow-origin"] == OURS.decode()
    assert answer.headers["vary"] == "Origin"
    assert "retry-after" in answer.headers["access-control-expose-headers"]


def test_nothing_of_the_request_before_is_taken_for_the_next(open_server: Server) -> None:
    with connect(open_server) as connection:
        connection.sendall(WITH_ID + b"\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 404")
        connection.sendall(b"nonsense\r\n\r\n")
        answer = parsed(rest(connection))
    assert_problem(answer, "bad-request")
    assert not {"x-request-id", "access-control-allow-origin"} & set(answer.headers)


def test_a_page_of_another_origin_may_not_read_it_unless_all_may(open_server: Server, server: Server) -> None:
    other = WITH_ID.replace(OURS, b"https://b.example") + MANY
    assert "access-control-allow-origin" not in said(open_server, other).headers
    assert "access-control-allow-origin" not in said(server, WITH_ID + MANY).headers
    with running(DIGITS_ORIGINS="*", DIGITS_CONNECTIONS="1") as all_may:
        assert said(all_may, other).headers["access-control-allow-origin"] == "*"
        with connect(all_may), connect(all_may) as second:
            answer = parsed(rest(second))
            assert_problem(answer, "busy")
            assert answer.headers["access-control-allow-origin"] == "*"


def test_each_has_a_line_in_the_log_and_the_id_in_it() -> None:
    port = free_port()
    settings = {"DIGITS_ACCESS_LOG": "1", "DIGITS_HEAD_SECONDS": "1", "DIGITS_CONNECTIONS": "2"}
    command = [sys.executable, "-m", "app"]
    environment = environment_of(port, **settings)
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        server = Server(f"http://127.0.0.1:{port}", port, process)  # type: ignore[arg-type]  # its output is text here
        try:
            wait_until_ready(server.url, process)
            answers = [
                said(server, sent)
                for sent in (
                    *(b"\x16\x03\x01", b"GET / HTTP/1.1\r\nHost: a", WITH_ID + MANY),
                    # The app has these already when it is seen that they are no good.
                    HEAD + b"Transfer-Encoding: chunked\r\n\r\nseven\r\n",
                    HEAD + b"X-Request-Id: ours\r\nTransfer-Encoding: chunked\r\n\r\nseven\r\n",
                )
            ]
            with connect(server) as second, connect(server), connect(server) as third:
                answers.append(parsed(rest(third)))
                # Nor can the app answer what it waits for.
                second.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
                time.sleep(0.2)
                second.sendall(b"seven\r\n")
                answers.append(parsed(rest(second)))
            time.sleep(0.2)
        finally:
            process.terminate()
        out, _ = process.communicate(timeout=10)
    lines = [line for line in map(json.loads, out.splitlines()) if line["path"] != "/readyz"]
    assert [line["status"] for line in lines] == [400, 408, 431, 400, 400, 503, 400]
    assert [line["id"] for line in lines] == [answer.headers["x-request-id"] for answer in answers]
    assert len({line["id"] for line in lines}) == len(answers)
    assert (lines[2]["id"], lines[4]["id"]) == ("mine", "ours")
    paths = [None, "/", "/nowhere", "/predict", "/predict", None, "/predict"]
    assert [line["path"] for line in lines] == paths
    assert [line["method"] for line in lines] == [None, "GET", "GET", "POST", "POST", None, "POST"]
    assert {line["client"] for line in lines} == {"127.0.0.1"}
    assert all(set(line) == set(lines[0]) for line in lines)


@pytest.mark.parametrize("size", [100_000, 12_000_000, 60_000_000])
def test_a_client_that_closes_after_each_request_reads_why_too(server: Server, size: int) -> None:
    """It sends all before it reads, and is not told that the connection was reset."""
    media = "image/png" if size > 10_000_000 else "text/plain"
    for _ in range(4):
        request = urllib.request.Request(f"{server.url}/predict", b"0" * size, {"Content-Type": media})
        with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request, timeout=20):
            pass
        with caught.value as answer:
            assert answer.headers["Connection"] == "close"
            assert json.load(answer)["type"] == ("too-large" if size > 10_000_000 else "unsupported-media")


CLOSING = HEAD.replace(b"Host", b"Connection: close\r\nHost")
BEGUN = CLOSING + b"Content-Length: 99000000\r\n\r\n"


def test_it_is_told_at_once_that_no_more_comes_and_closed_when_all_has_come(patient: Server) -> None:
    with connect(patient) as connection:
        connection.sendall(BEGUN)
        assert_problem(parsed(rest(connection)), "too-large")
        for _ in range(99):
            connection.sendall(b" " * 1_000_000)
        gone(connection)


def test_what_comes_after_the_rest_is_not_read(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(CLOSING.replace(b"json", b"pdf") + b"Content-Length: 10\r\n\r\n")
        assert_problem(parsed(rest(connection)), "unsupported-media")
        connection.sendall(b"0123456789" + b"GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n")
        assert rest(connection) == b""
        gone(connection)


def test_a_chunk_that_is_none_after_the_answer_ends_it_without_another(server: Server) -> None:
    for head in (HEAD, CLOSING):
        with connect(server) as connection:
            connection.sendall(head.replace(b"json", b"pdf") + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")
            time.sleep(0.2)
            connection.sendall(b"seven\r\n")
            answer = rest(connection)
        assert answer.count(b"HTTP/1.1") == 1
        assert_problem(parsed(answer), "unsupported-media")


def test_it_is_bounded_in_time(open_server: Server) -> None:
    started = time.monotonic()
    with connect(open_server) as connection:
        connection.sendall(BEGUN)
        assert_problem(parsed(rest(connection)), "too-large")
        gone(connection)
    assert time.monotonic() - started > 0.9


def test_it_is_bounded_in_bytes(patient: Server) -> None:
    with connect(patient) as connection, pytest.raises(GONE):
        connection.sendall(CLOSING + b"Content-Length: 9900000000\r\n\r\n")
        for _ in range(MAX_REST // 1_000_000 + 50):
            connection.sendall(b" " * 1_000_000)
    assert httpx.get(f"{patient.url}/healthz").status_code == 200


def test_a_client_that_breaks_off_then_is_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    with running() as server:
        for count in range(100):
            with connect(server) as connection:
                connection.sendall(BEGUN + b" " * 1_000 * count)
                time.sleep(count % 10 / 2_000)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BROKEN_OFF)
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert capfd.readouterr().err.count("\n") == 1, "where it listens, and nothing else"


def gone(connection: socket.socket) -> None:
    """Returns when the server has closed for good; fails where it still takes what it is sent."""
    until = time.monotonic() + 10
    with suppress(*GONE):
        while time.monotonic() < until:
            connection.sendall(b" ")
            time.sleep(0.02)
        pytest.fail("it is still read")
