"""What every answer looks like, asserted in one place."""

from typing import Any

import httpx
import pytest

from app.problems import PROBLEMS


def assert_problem(response: httpx.Response, kind: str) -> str:
    """The response is this problem, whole and well-formed; returns its detail."""
    body = response.json()
    assert body["type"] == kind, body
    assert response.headers["content-type"] == "application/problem+json"
    assert set(body) == {"type", "title", "status", "detail"}
    assert (response.status_code, body["title"]) == PROBLEMS[kind]
    assert body["status"] == response.status_code
    assert len(body["detail"]) > 20, "a detail says what to do"
    if response.status_code == 503:
        assert int(response.headers["retry-after"]) >= 1
    assert_secured(response)
    return str(body["detail"])


def assert_answer(response: httpx.Response, model: str = "digitnet") -> dict[str, Any]:
    """The response is an answer by design.md's contract; returns its body."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    body: dict[str, Any] = response.json()
    assert set(body) - {"explanation"} == {
        *("digit", "confidence", "probabilities", "verdict", "alternatives", "model"),
    }
    assert len(body["probabilities"]) == 10
    assert sum(body["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert body["confidence"] == max(body["probabilities"]) == body["probabilities"][body["digit"]]
    assert body["verdict"] in {"sure", "unsure", "not_a_digit"}
    assert (body["alternatives"] == []) == (body["verdict"] == "sure")
    assert body["digit"] not in body["alternatives"]
    assert body["model"]["name"] == model
    assert len(body["model"]["version"]) == 12
    assert_secured(response)
    return body


def assert_secured(response: httpx.Response) -> None:
    """The response has the headers that every response has."""
    policy = response.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "server" not in response.headers
