"""Small drawings, which are answered without the framework: as the app would answer them, whatever else happens."""

import asyncio
import json
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from app.connection import BODY_SECONDS
from app.gate import SMALL_BODY
from app.inline import JSON_BYTES
from app.shortcut import Answer, Taken, take
from tests.app.inprocess import app_with
from tests.app.pictures import FORM, STROKES, data_uri, form_of, picture, png, slow_png
from tests.app.shapes import assert_answer, assert_problem
from tests.app.wire import BROKEN_OFF, HEAD, answer_on, connect, parsed, rest
from tests.conftest import Server, running
from tests.encodings import saved

JSON, PNG = "application/json", "image/png"
BODY = json.dumps({"strokes": STROKES[7]}).encode()
DIGITS = 7, 1
WHOLES = {
    digit: HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    for digit, body in ((digit, json.dumps({"strokes": STROKES[digit]}).encode()) for digit in DIGITS)
}
WHOLE = WHOLES[7]
APPS = {"X-Request-Id": "7"}  # with this the app is asked
REQUESTS: dict[str, tuple[bytes, dict[str, str]]] = {
    "strokes": (BODY, {"Content-Type": JSON}),
    "a picture": (png(7), {"Content-Type": PNG}),
    "a picture in JSON": (json.dumps({"image": data_uri(png(1))}).encode(), {"Content-Type": JSON}),
    "a form": (form_of(png(7)), {"Content-Type": FORM}),
    "a JPEG, for a thread": (saved(picture(7), "JPEG"), {"Content-Type": "image/jpeg"}),
    "a dot too small for any float": (b'{"strokes":[[[0,0],[5e-324,0]]]}', {"Content-Type": JSON}),
    "nothing": (b"", {"Content-Type": JSON}),
    "a file that was only named": (form_of(b"7.png").replace(b'; filename="7.png"', b""), {"Content-Type": FORM}),
    "an option": (b'{"strokes":[],"model":"blog"}', {"Content-Type": JSON}),
    "a blank": (saved(picture(7, ink=255)), {"Content-Type": PNG}),
    "half a JSON": (BODY[:30], {"Content-Type": JSON}),
    "half a picture": (png(7)[:200], {"Content-Type": PNG}),
    "no strokes": (b'{"strokes":[[[1,"2"]]]}', {"Content-Type": JSON}),
    "a text": (BODY, {"Content-Type": "text/plain"}),
    "no type": (BODY, {}),
    "HTML, please": (BODY, {"Content-Type": JSON, "Accept": "text/html"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_the_one_that_the_app_gives(server: Server, name: str) -> None:
    body, headers = REQUESTS[name]
    short, long = (
        httpx.post(f"{server.url}/predict", content=body, headers=each) for each in (headers, headers | APPS)
    )
    assert (short.status_code, short.content) == (long.status_code, long.content)
    kept = [
        {name: each.headers[name] for name in each.headers if name not in ("date", "x-request-id")}
        for each in (short, long)
    ]
    assert kept[0] == kept[1]


def test_what_asks_for_more_than_an_answer_is_left_to_the_app() -> None:
    service = app_with().state.shortcut_to
    plain = [(b"content-type", b"application/json"), (b"content-length", b"100")]
    assert take(service, b"POST", b"/predict", plain)
    assert not take(service, b"PUT", b"/predict", plain)
    assert not take(service, b"POST", b"/predict?explain=true", plain)
    assert not take(service, b"POST", b"/predict", plain[:1])
    for name, value in (
        *(
            (b"x-request-id", b"7"),
            (b"content-encoding", b"gzip"),
            (b"expect", b"100-continue"),
            (b"transfer-encoding", b"chunked"),
        ),
        *((b"content-length", b"9" * 20), (b"content-length", b"%d" % (JSON_BYTES + 1))),
    ):
        assert not take(service, b"POST", b"/predict", [*plain, (name, value)]), name
    assert app_with(access_log=1).state.shortcut_to is None
    assert not take(app_with(max_bytes=99).state.shortcut_to, b"POST", b"/predict", plain)


@pytest.mark.parametrize("pause", [0, BODY_SECONDS / 10, 2 * BODY_SECONDS])
def test_a_body_may_come_in_pieces(server: Server, pause: float) -> None:
    with connect(server) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in (WHOLE[: -len(BODY)], BODY[:30], BODY[30:]):
            connection.sendall(piece)
            time.sleep(pause)
        assert assert_answer(answer_on(connection))["digit"] == 7
        connection.sendall(WHOLE)
        assert assert_answer(answer_on(connection))["digit"] == 7


def test_requests_that_follow_at_once_are_answered_in_their_order(server: Server) -> None:
    one = WHOLE.replace(b"Host: app", b"Host: app\r\nConnection: close")
    health = b"GET /healthz HTTP/1.1\r\nHost: app\r\n\r\n"
    with connect(server) as connection:
        connection.sendall(WHOLE + health + WHOLE + one)
        answers = re.findall(rb'"status":"alive"|"digit":7', rest(connection))
    assert answers == [b'"digit":7', b'"status":"alive"', b'"digit":7', b'"digit":7']


def test_a_connection_is_closed_where_the_client_says_so(server: Server) -> None:
    for old in (WHOLE.replace(b"HTTP/1.1", b"HTTP/1.0"), WHOLE.replace(b"Host", b"Connection: close\r\nHost")):
        with connect(server) as connection:
            connection.sendall(old)
            answer = parsed(rest(connection))
        assert answer.headers["connection"] == "close"
        assert assert_answer(answer)["digit"] == 7


def test_many_at_once_are_answered_each_in_its_turn_and_counted() -> None:
    with running(DIGITS_QUEUE="10") as server:
        connections = [connect(server) for _ in range(40)]
        for index, connection in enumerate(connections):
            connection.sendall(WHOLES[DIGITS[index % 2]])
        answers = [answer_on(connection) for connection in connections]
        for connection in connections:
            connection.close()
        statuses = [answer.status_code for answer in answers]
        assert 1 <= statuses.count(200) == 40 - statuses.count(503)
        for index, answer in enumerate(answers):
            if answer.status_code == 503:
                assert_problem(answer, "busy")
            else:
                assert assert_answer(answer)["digit"] == DIGITS[index % 2]
        metrics = httpx.get(f"{server.url}/metrics").text
    for status in (200, 503):
        count = re.search(rf'digits_requests_total{{method="POST",route="/predict",status="{status}"}} (\d+)', metrics)
        assert (int(count[1]) if count else 0) == statuses.count(status)


def test_a_large_picture_that_finds_the_queue_full_is_refused_as_the_app_would() -> None:
    body, done = slow_png(), threading.Event()
    with running(DIGITS_WORKERS="1", DIGITS_QUEUE="0") as server, ThreadPoolExecutor(4) as pool:

        def asked(content_type: str = PNG, **headers: str) -> httpx.Response:
            headers["Content-Type"] = content_type
            return httpx.post(f"{server.url}/predict", content=body, headers=headers, timeout=30)

        def flood() -> set[int]:
            statuses = set[int]()
            while not done.is_set():
                statuses.add(asked().status_code)
            return statuses

        floods = [pool.submit(flood) for _ in range(4)]
        try:
            for headers in ({}, APPS):
                refused = next(answer for answer in (asked(**headers) for _ in range(500)) if answer.status_code == 503)
                assert_problem(refused, "busy")
                assert_problem(asked("text/plain", **headers), "unsupported-media")
                assert_problem(asked(Accept="text/html", **headers), "not-acceptable")
        finally:
            done.set()
        assert set().union(*(each.result() for each in floods)) == {200, 503}
        assert assert_answer(asked())["digit"] == 7


def test_no_large_picture_is_taken_from_the_app_unless_the_queue_is_full() -> None:
    async def scenario() -> None:
        service = app_with(workers=1, queue=0).state.shortcut_to
        release = threading.Event()

        def taken(size: int = SMALL_BODY) -> Taken | None:
            head = [(b"content-type", b"image/png"), (b"content-length", b"%d" % size)]
            return take(service, b"POST", b"/predict", head)

        said = list[Answer | None]()
        assert taken() is None
        held = asyncio.create_task(service.gate.run(release.wait))
        await asyncio.sleep(0.01)
        assert taken(SMALL_BODY + 1) is None, "it may come slowly, and is to be counted"
        refused, late = taken(), taken()
        assert refused is not None
        assert late is not None
        refused.proceed(b" " * SMALL_BODY, said.append)
        release.set()
        await held
        late.proceed(b" " * SMALL_BODY, said.append)
        assert [answer and answer.status for answer in said] == [503, None]

    asyncio.run(scenario())


def test_a_picture_in_json_gives_way_as_others_do() -> None:
    service = app_with().state.shortcut_to
    gives_way = []
    for body in (BODY, json.dumps({"image": data_uri(png(1))}).encode()):
        head = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(body))]
        taken = take(service, b"POST", b"/predict", head)
        assert taken is not None
        with suppress(RuntimeError):  # there is no loop for a round
            taken.proceed(body, lambda answer: None)
        gives_way.append(taken.gives_way)
    assert gives_way == [False, True]


def test_clients_that_go_away_while_they_wait_harm_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with running() as server:
        for _ in range(10):
            connections = [connect(server) for _ in range(30)]
            for connection in connections:
                connection.sendall(WHOLE)
            for connection in connections:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, BROKEN_OFF)
                connection.close()
        with connect(server) as connection:
            connection.sendall(WHOLE)
            assert assert_answer(answer_on(connection))["digit"] == 7
        assert server.stop() == -15
    assert "Traceback" not in capfd.readouterr().err
