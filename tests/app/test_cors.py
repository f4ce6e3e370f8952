"""Pages of other origins: let in where a setting names them, and nowhere else."""

from collections.abc import Iterator

import httpx
import pytest

from tests.app.pictures import STROKES, png
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import Server, running

OURS, OTHER = "https://a.example", "https://b.example"
ALLOWED = "access-control-allow-origin"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-request-id"}


@pytest.fixture(scope="module")
def open_server() -> Iterator[Server]:
    with running(DIGITS_ORIGINS=f"{OURS},http://localhost:3000") as started:
        yield started


def ask(server: Server, origin: str) -> httpx.Response:
    return httpx.post(f"{server.url}/predict", json={"strokes": STROKES[7]}, headers={"Origin": origin})


def may_ask(server: Server, origin: str) -> httpx.Response:
    return httpx.options(f"{server.url}/predict", headers={"Origin": origin, **ASKING})


def test_unless_set_no_page_is_let_in(server: Server) -> None:
    for response in (ask(server, OTHER), may_ask(server, OTHER)):
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_a_page_that_is_named_is_let_in(open_server: Server) -> None:
    allowed = may_ask(open_server, OURS)
    assert (allowed.status_code, allowed.headers[ALLOWED]) == (200, OURS)
    assert "POST" in allowed.headers["access-control-allow-methods"]
    answer = ask(open_server, OURS)
    assert assert_answer(answer)["digit"] == 7
    assert (answer.headers[ALLOWED], answer.headers["vary"]) == (OURS, "Origin")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_it_may_read_what_went_wrong_too(open_server: Server) -> None:
    headers = {"Origin": OURS, "Content-Type": "image/png"}
    response = httpx.post(f"{open_server.url}/predict", content=png(7)[:100], headers=headers)
    assert_problem(response, "not-an-image")
    assert response.headers[ALLOWED] == OURS
    assert "retry-after" in response.headers["access-control-expose-headers"]


def test_others_are_not(open_server: Server) -> None:
    refused = may_ask(open_server, OTHER)
    assert_problem(refused, "bad-request")
    assert "DIGITS_ORIGINS" in refused.json()["detail"]
    for response in (refused, ask(open_server, OTHER)):
        assert ALLOWED not in response.headers


def test_a_star_lets_in_all() -> None:
    with running(DIGITS_ORIGINS="*") as started:
        assert ask(started, OTHER).headers[ALLOWED] == may_ask(started, OTHER).headers[ALLOWED] == "*"


@pytest.mark.parametrize(
    ("asking", "names"),
    [
        ({"Access-Control-Request-Headers": "content-type,authorization"}, ("'authorization'", "content-type, x-requ")),
        ({"Access-Control-Request-Headers": "x-a, Traceparent,x-b"}, ("'x-a, x-b'", "traceparent, tracestate")),
        ({"Access-Control-Request-Method": "PUT"}, ("'PUT'", "GET and POST")),
        ({"Access-Control-Request-Private-Network": "true"}, ("public network",)),
    ],
)
def test_a_page_that_asks_for_more_is_told_what_it_may(
    open_server: Server, asking: dict[str, str], names: tuple[str, ...]
) -> None:
    headers = {"Origin": OURS, **ASKING, **asking}
    refused = httpx.options(f"{open_server.url}/predict", headers=headers)
    detail = assert_problem(refused, "bad-request")
    assert [name for name in (*names, "DIGITS_ORIGINS") if name not in detail] == ["DIGITS_ORIGINS"]
    assert refused.headers[ALLOWED] == OURS, "so that the browser says why, and not that the page is not let in"


def test_a_page_that_is_traced_is_let_in(open_server: Server) -> None:
    headers = {"Origin": OURS, **ASKING, "Access-Control-Request-Headers": "content-type,traceparent,tracestate"}
    assert httpx.options(f"{open_server.url}/predict", headers=headers).status_code == 200
