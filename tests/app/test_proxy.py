"""What nginx in front of the service has to refuse by itself: told as the service tells it."""

import json
import os
import shutil
import socket
from collections.abc import Iterator

import httpx
import pytest

from app.problems import PROBLEMS
from model.strokes import MAX_POINTS
from tests.app.pictures import STROKES
from tests.app.wire import HEAD, parsed, rest
from tests.benchmarks.proxy import proxied
from tests.conftest import ROOT, Server

pytestmark = pytest.mark.skipif(
    shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin") is None,
    reason="nginx is not installed: apt-get install nginx-light",
)


@pytest.fixture(scope="module")
def nginx(server: Server) -> Iterator[str]:
    with proxied([server]) as url:
        yield url


def said(url: str, sent: bytes) -> httpx.Response:
    """What nginx says to these bytes before it closes."""
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=20) as connection:
        connection.sendall(sent)
        return parsed(rest(connection))


GET = b"GET %s HTTP/1.1\r\nHost: app\r\nConnection: close\r\n%s\r\n"
REFUSED = {
    "metrics": (GET % (b"/metrics", b""), "not-found"),
    "a problem's own address": (GET % (b"/problems/busy", b""), "not-found"),
    "a long address": (GET % (b"/" + b"a" * 9_000, b""), "headers-too-large"),
    "a long header": (GET % (b"/", b"A: " + b"b" * 9_000 + b"\r\n"), "headers-too-large"),
    "another protocol": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", "bad-request"),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", "bad-request"),
    "a made-up version": (b"GET / HTTP/9.9\r\nHost: app\r\n\r\n", "bad-request"),
    "a coding that nobody has": (HEAD + b"Transfer-Encoding: seven\r\nConnection: close\r\n\r\n", "bad-request"),
    "a trace": ((GET % (b"/", b"")).replace(b"GET", b"TRACE"), "method-not-allowed"),
    "11 MB": (HEAD + b"Content-Length: 11000000\r\nConnection: close\r\n\r\n", "too-large"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nginx_refuses_is_a_problem_of_the_service(nginx: str, name: str) -> None:
    sent, kind = REFUSED[name]
    answer = said(nginx, sent)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    body = answer.json()
    assert body["type"] == kind
    assert (answer.status_code, body["title"]) == PROBLEMS[kind]
    assert len(answer.headers["x-request-id"]) == 32
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_the_service_answers_comes_through_as_it_is(nginx: str, server: Server) -> None:
    answer = httpx.post(f"{nginx}/predict", json={"strokes": STROKES[7]}, headers={"X-Request-Id": "mine"})
    assert (answer.json()["digit"], answer.headers["x-request-id"]) == (7, "mine")
    for path in ("/nowhere", "/predict"):
        assert httpx.get(nginx + path).json() == httpx.get(server.url + path).json()


def test_the_words_in_the_configuration_are_those_of_the_service() -> None:
    lines = (ROOT / "deploy" / "nginx.conf").read_text().splitlines()
    said = [json.loads(line.split("'")[1]) for line in lines if " return " in line and "'" in line]
    assert len(said) == 7
    for each in said:
        assert (each["status"], each["title"]) == PROBLEMS[each["type"]]
    assert any(f"{MAX_POINTS:,}" in each["detail"] for each in said)
