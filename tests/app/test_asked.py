"""Options: in the address, each once, and of those that there are."""

import httpx
import pytest

from tests.app.pictures import STROKES, data_uri, png
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import Server


def test_a_query_parameter_of_another_type_is_refused(server: Server) -> None:
    response = httpx.post(f"{server.url}/predict?explain=perhaps", json={"strokes": STROKES[7]})
    assert "explain" in assert_problem(response, "bad-query")


@pytest.mark.parametrize("query", ["explian=true", "model=blog&Explain=true", "explain=true&x", "=7"])
def test_a_query_parameter_that_there_is_not_is_refused_with_those_there_are(server: Server, query: str) -> None:
    detail = assert_problem(httpx.post(f"{server.url}/predict?{query}", json={"strokes": STROKES[7]}), "bad-query")
    assert repr(query.rpartition("&")[2].partition("=")[0]) in detail
    assert "model, explain, digit" in detail


@pytest.mark.parametrize(
    "query", ["model=blog&model=digitnet", "explain=true&explain=true", "digit=1&model=blog&digit="]
)
def test_a_query_parameter_given_twice_is_refused(server: Server, query: str) -> None:
    detail = assert_problem(httpx.post(f"{server.url}/predict?{query}", json={"strokes": STROKES[7]}), "bad-query")
    assert query.partition("=")[0] in detail


@pytest.mark.parametrize("option", ["model", "explain"])
def test_an_option_in_the_body_is_refused_and_told_where_it_belongs(server: Server, option: str) -> None:
    url = f"{server.url}/predict"
    for response, kind in (
        (httpx.post(url, json={"strokes": STROKES[7], option: "1"}), "bad-json"),
        (httpx.post(url, json={option: None, "image": data_uri(png(7))}), "bad-json"),
        (httpx.post(url, data={option: "1"}, files={"file": png(7)}), "bad-form"),
    ):
        detail = assert_problem(response, kind)
        assert repr(option) in detail
        assert "/predict?model=blog" in detail


def test_what_is_drawn_may_be_written_beside_the_drawing(server: Server) -> None:
    url = f"{server.url}/predict"
    assert_answer(httpx.post(url, json={"strokes": STROKES[7], "digit": 7}))
    assert_answer(httpx.post(url, data={"digit": "7"}, files={"file": png(7)}))
