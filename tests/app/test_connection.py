"""Connections that are slow, idle, too many or not HTTP: each ends with its problem, in time, and harms nobody else."""

import gc
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from statistics import median

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.connection import MAX_HEAD, MAX_HEADERS, MAX_PIPELINED, Connection
from tests.app.pictures import STROKES, png
from tests.app.shapes import assert_answer, assert_problem
from tests.app.wire import BROKEN_OFF, GONE, HEAD, answer_on, connect, parsed, rest
from tests.conftest import Server, free_port, running

# By then a server that waits a second for something has given it up, however busy the machine is. One that waits as
# long as it does by default, which is 10 s and more, has not.
GIVEN_UP_SECONDS = 9


@pytest.fixture(scope="module")
def hasty() -> Iterator[Server]:
    """A server that waits a second for anything, and holds few connections."""
    with running(DIGITS_HEAD_SECONDS="1", DIGITS_BODY_SECONDS="1", DIGITS_IDLE_SECONDS="1") as server:
        yield server


def until(true: Callable[[], object], seconds: float = 10) -> None:
    """Returns when it is; fails where it is not in time."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def said(server: Server, *pieces: bytes) -> httpx.Response:
    """What the server says to these bytes before it closes."""
    with connect(server) as connection:
        for piece in pieces:
            connection.sendall(piece)
        return parsed(rest(connection))


NOT_HTTP = {
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 4,
    "a made-up version": b"GET / HTTP/9.9\r\nHost: app\r\n\r\n",
    "a made-up method": b"DRAW / HTTP/1.1\r\nHost: app\r\n\r\n",
    "a path that is none": b"GET \xff\xfe HTTP/1.1\r\nHost: app\r\n\r\n",
    "a space in a header's name": b"GET / HTTP/1.1\r\nHo st: app\r\n\r\n",
    "a length that is none": HEAD + b"Content-Length: seven\r\n\r\n",
    "a negative length": HEAD + b"Content-Length: -7\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 7\r\nContent-Length: 8\r\n\r\n1234567",
    "a length and chunks": HEAD + b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk that is none": HEAD + b"Transfer-Encoding: chunked\r\n\r\nseven\r\n",
    "a header with a line end": b"GET / HTTP/1.1\r\nHost: app\r\nA: b\rc\r\n\r\n",
}


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_not_http_is_a_problem_and_the_end_of_the_connection(server: Server, name: str) -> None:
    response = said(server, NOT_HTTP[name])
    assert_problem(response, "bad-request")
    assert response.headers["connection"] == "close"


def test_the_rest_of_a_request_that_is_not_http_does_not_reach_the_app_twice(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"nonsense\r\n\r\n")
        assert_problem(parsed(rest(connection)), "bad-request")


@pytest.mark.parametrize(
    "header",
    [b"A: " + b"b" * MAX_HEAD + b"\r\n", b"a: b\r\n" * (MAX_HEADERS + 1), b"a" * 300_000 + b": b\r\n"],
    ids=["a long one", "many", "a long name"],
)
def test_too_many_bytes_of_headers_are_refused(server: Server, header: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: app\r\n")
        try:
            connection.sendall(header + b"\r\n")
        except GONE:
            return
        answer = rest(connection)
    if answer:  # a reset may overtake it
        assert_problem(parsed(answer), "headers-too-large")


def test_endless_headers_end(server: Server) -> None:
    with connect(server) as connection, pytest.raises(GONE):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for _ in range(10_000):
            connection.sendall(b"a: " + b"b" * 10_000 + b"\r\n")
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_endless_trailers_end(server: Server) -> None:
    with connect(server) as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
        try:
            for _ in range(10_000):
                connection.sendall(b"a: " + b"b" * 10_000 + b"\r\n")
        except GONE:
            pass
        else:
            pytest.fail("100 MB of trailers were taken")
    assert httpx.get(f"{server.url}/healthz").status_code == 200


def test_pipelined_requests_are_answered_in_turn_and_bounded(server: Server) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(request * MAX_PIPELINED)
        answers = b""
        while answers.count(b'{"status":"alive"}') < MAX_PIPELINED:
            piece = connection.recv(65_536)
            assert piece, f"closed after {answers!r}"
            answers += piece
    assert_problem(said(server, request * 5_000), "busy")


def test_headers_that_do_not_arrive_are_given_up(hasty: Server) -> None:
    started = time.monotonic()
    assert_problem(said(hasty, b"GET / HTTP/1.1\r\nHost: a"), "too-slow")
    assert time.monotonic() - started < GIVEN_UP_SECONDS


def test_headers_that_trickle_are_given_up(hasty: Server) -> None:
    started = time.monotonic()
    with connect(hasty) as connection:
        connection.settimeout(0.05)
        connection.sendall(b"GET / HTTP/1.1\r\n")
        answer = b""
        while not answer and time.monotonic() - started < GIVEN_UP_SECONDS:
            try:
                connection.sendall(b"a")
                answer = connection.recv(65_536)
            except TimeoutError:
                pass
    assert_problem(parsed(answer), "too-slow")
    assert time.monotonic() - started > 0.9


def test_a_body_that_trickles_is_given_up(hasty: Server) -> None:
    started = time.monotonic()
    with connect(hasty) as connection:
        connection.settimeout(0.05)
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        answer = b""
        while not answer and time.monotonic() - started < GIVEN_UP_SECONDS:
            try:
                connection.sendall(b" ")
                answer = connection.recv(65_536)
            except TimeoutError:
                pass
        connection.settimeout(10)
        assert_problem(parsed(answer + rest(connection)), "too-slow")


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n"])
def test_an_idle_connection_is_closed(hasty: Server, sent: bytes) -> None:
    started = time.monotonic()
    with connect(hasty) as connection:
        connection.sendall(sent)
        rest(connection)
    assert 0.9 < time.monotonic() - started < GIVEN_UP_SECONDS


def test_a_refused_body_that_trickles_on_is_cut_off(hasty: Server) -> None:
    started = time.monotonic()
    with connect(hasty) as connection:
        connection.sendall(HEAD + b"Content-Length: 99000000\r\n\r\n")
        assert_problem(answer_on(connection), "too-large")
        with pytest.raises(GONE):
            while time.monotonic() - started < GIVEN_UP_SECONDS:
                connection.sendall(b" ")
                time.sleep(0.1)


def test_one_connection_too_many_is_refused_and_the_others_go_on() -> None:
    with running(DIGITS_CONNECTIONS="20") as server:

        def is_open() -> bool:
            with suppress(httpx.TransportError):  # a reset may overtake the refusal
                return httpx.get(f"{server.url}/healthz").status_code == 200
            return False

        held = [connect(server) for _ in range(20)]
        with connect(server) as connection:
            assert_problem(parsed(rest(connection)), "busy")
        held[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n")
        assert held[0].recv(65_536).startswith(b"HTTP/1.1 200")
        for each in held:
            each.close()
        until(is_open)


def test_a_connection_on_which_nothing_is_asked_stays_open_as_long_as_it_is_said_to() -> None:
    """nginx keeps its connections for a minute, and loses a request where the service closes them sooner."""
    with running(DIGITS_HEAD_SECONDS="1", DIGITS_IDLE_SECONDS="5") as server, connect(server) as connection:
        body = json.dumps({"strokes": STROKES[7]}).encode()
        drawing = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        for pause, request in ((0, drawing), (1.5, b"GET /models HTTP/1.1\r\nHost: app\r\n\r\n"), (1.5, drawing)):
            time.sleep(pause)
            asked = time.monotonic()
            connection.sendall(request)
            assert answer_on(connection).status_code == 200
        assert rest(connection) == b""
        assert time.monotonic() - asked > 4.9


@pytest.mark.parametrize("method", [b"DELETE", b"GET", b"HEAD"])
def test_a_body_that_comes_after_the_answer_does_not_keep_a_connection_open(hasty: Server, method: bytes) -> None:
    with connect(hasty) as connection:
        started = time.monotonic()
        connection.sendall(method + b" /predict HTTP/1.1\r\nHost: app\r\nContent-Length: 4\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 405")
        time.sleep(0.2)
        connection.sendall(b"7777")
        rest(connection)
        assert 0.9 < time.monotonic() - started < GIVEN_UP_SECONDS


def test_drawings_are_read_while_two_hundred_slow_clients_wait() -> None:
    body = json.dumps({"strokes": STROKES[7]}).encode()
    whole = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with running(DIGITS_HEAD_SECONDS="60", DIGITS_BODY_SECONDS="60") as server:
        slow = [(connect(server), len(whole) - len(body) + 20 if index % 2 else 30) for index in range(200)]
        for connection, length in slow:
            connection.sendall(whole[:length])
        times = []
        with httpx.Client(base_url=server.url, timeout=10) as client:
            for _ in range(20):
                started = time.monotonic()
                assert assert_answer(client.post("/predict", json={"strokes": STROKES[7]}))["digit"] == 7
                times.append(time.monotonic() - started)
        assert median(times) < 1
        for connection, length in slow:
            with connection:
                connection.sendall(whole[length:])
                assert connection.recv(65_536).startswith(b"HTTP/1.1 200"), "it had not waited until now"


def test_an_upgrade_is_passed_over(server: Server) -> None:
    response = httpx.get(f"{server.url}/healthz", headers={"Connection": "Upgrade", "Upgrade": "websocket"})
    assert response.json() == {"status": "alive"}


def test_expecting_100_works_with_an_image(server: Server) -> None:
    fields = "Content-Type: image/png\r\nExpect: 100-continue\r\n"
    with connect(server) as connection:
        head = f"POST /predict HTTP/1.1\r\nHost: app\r\n{fields}Content-Length: {len(png(7))}"
        connection.sendall(f"{head}\r\n\r\n".encode())
        assert connection.recv(1_000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(png(7))
        assert assert_answer(answer_on(connection))["digit"] == 7


async def empty(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


def test_clients_that_break_off_leave_nothing_behind() -> None:
    port = free_port()
    config = uvicorn.Config(empty, port=port, http=Connection, lifespan="off", access_log=False, timeout_keep_alive=75)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started)
        for _ in range(50):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: app\r\n\r\n")
                assert connection.recv(65_536).startswith(b"HTTP/1.1 204")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BROKEN_OFF)
        until(lambda: not server.server_state.connections)
        gc.collect()
        assert sum(type(each) is Connection for each in gc.get_objects()) <= 1  # the last may still be on its way out
    finally:
        server.should_exit = True
        thread.join(10)


def test_a_client_that_breaks_off_while_it_is_answered_is_not_logged(capfd: pytest.CaptureFixture[str]) -> None:
    with running() as server:
        for count in range(30):
            with connect(server) as connection:
                image = png(7) if count % 2 else b"\x89PNG"
                head = b"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
                connection.sendall((head % len(image) + image) * 3)
                time.sleep(count / 5_000)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BROKEN_OFF)
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    assert "Traceback" not in capfd.readouterr().err
