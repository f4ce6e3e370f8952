"""The page, its files, the documentation and the OpenAPI document."""

import re
from typing import Any

import httpx
import pytest

from app.problems import PROBLEMS
from tests.app.pictures import png
from tests.app.shapes import assert_answer, assert_secured
from tests.conftest import Server


@pytest.fixture(scope="module")
def openapi(server: Server) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{server.url}/openapi.json").json()
    return document


@pytest.mark.parametrize("value", ["bytes=0-9", "bytes=999999999-", "nonsense"])
def test_a_range_is_passed_over(server: Server, value: str) -> None:
    assert httpx.get(f"{server.url}/docs.css", headers={"Range": value}).status_code == 200


def test_the_documentation_loads_nothing_and_runs_nothing(server: Server) -> None:
    page = httpx.get(f"{server.url}/docs")
    assert page.status_code == 200
    assert_secured(page)
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert re.findall(r'<link[^>]*href="([^"]*)"', page.text) == ["docs.css"]
    style = httpx.get(f"{server.url}/docs.css")
    assert style.headers["content-type"].startswith("text/css")
    assert "url(" not in style.text


def test_the_documentation_shows_every_path_and_problem(server: Server, openapi: dict[str, Any]) -> None:
    page = httpx.get(f"{server.url}/docs").text
    for path in openapi["paths"]:
        assert f" {path}</h2>" in page
    for kind in set(PROBLEMS) - {"not-found", "method-not-allowed", "bad-request", "headers-too-large"}:
        assert f"<code>{kind}</code>" in page


def test_every_reference_of_the_openapi_document_leads_somewhere(openapi: dict[str, Any]) -> None:
    references = set(re.findall(r"'\$ref': '#/components/schemas/(\w+)'", str(openapi)))
    assert references
    assert references <= set(openapi["components"]["schemas"])


def test_the_openapi_document_describes_all_forms_and_errors_of_predict(openapi: dict[str, Any]) -> None:
    predict = openapi["paths"]["/predict"]["post"]
    assert set(predict["requestBody"]["content"]) == {
        *("application/json", "multipart/form-data"),
        *("image/png", "image/jpeg", "image/webp", "image/gif", "image/bmp"),
    }
    assert set(predict["responses"]) == {"200", "404", "406", "408", "413", "415", "422", "500", "503"}
    for status, response in predict["responses"].items():
        assert list(response["content"]) == ["application/json" if status == "200" else "application/problem+json"]
    assert {each["name"] for each in predict["parameters"]} == {"model", "explain", "digit"}


def test_the_examples_of_the_documentation_work(server: Server, openapi: dict[str, Any]) -> None:
    examples = openapi["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    digits = {
        name: assert_answer(httpx.post(f"{server.url}/predict", json=example["value"]))["digit"]
        for name, example in examples.items()
    }
    assert digits == {"strokes": 7, "image": 1}


def test_answers_have_the_members_that_the_document_promises(server: Server, openapi: dict[str, Any]) -> None:
    shapes = openapi["components"]["schemas"]
    answer = httpx.post(
        f"{server.url}/predict", params={"explain": "1"}, content=png(7), headers={"Content-Type": "image/png"}
    ).json()
    assert set(answer) == set(shapes["Prediction"]["properties"])
    assert set(answer["model"]) == set(shapes["ModelRef"]["properties"])
    assert set(answer["explanation"]) == set(shapes["Explanation"]["properties"])
    assert set(answer["explanation"]["crop"]) == set(shapes["Crop"]["properties"])
    for card in httpx.get(f"{server.url}/models").json():
        assert set(card) >= set(shapes["Card"]["properties"])
