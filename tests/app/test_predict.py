"""POST /predict in its three forms."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.app.pictures import STROKES, data_uri, picture, png
from tests.app.shapes import assert_answer, assert_problem
from tests.conftest import Server
from tests.encodings import saved

FORMS = ["raw", "form", "strokes", "data URI"]


def post(server: Server, form: str, digit: int, /, **query: str) -> httpx.Response:
    url = f"{server.url}/predict"
    if form == "raw":
        return httpx.post(url, params=query, content=png(digit), headers={"Content-Type": "image/png"})
    if form == "form":
        return httpx.post(url, params=query, files={"file": ("digit.png", png(digit))})
    content: dict[str, Any] = {"strokes": STROKES[digit]} if form == "strokes" else {"image": data_uri(png(digit))}
    return httpx.post(url, params=query, json=content)


@pytest.mark.parametrize("digit", STROKES)
@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_a_plain_digit_is_read_right(server: Server, form: str, digit: int) -> None:
    assert assert_answer(post(server, form, digit))["digit"] == digit


@pytest.mark.parametrize("form", FORMS)
def test_both_networks_can_be_asked_in_each_form(server: Server, form: str) -> None:
    digitnet = assert_answer(post(server, form, 1, model="digitnet"), "digitnet")
    blog = assert_answer(post(server, form, 1, model="blog"), "blog")
    assert digitnet["model"]["version"] != blog["model"]["version"]


@pytest.mark.parametrize("model", ["digitnet", "blog"])
@pytest.mark.parametrize("form", FORMS)
def test_an_explanation_comes_when_it_is_asked_for(server: Server, form: str, model: str) -> None:
    assert "explanation" not in assert_answer(post(server, form, 7))
    explanation = assert_answer(post(server, form, 7, explain="true", model=model), model)["explanation"]
    assert set(explanation) == {"input", "evidence", "crop"}
    assert explanation["input"].startswith("data:image/png;base64,")
    assert [len(row) for row in explanation["evidence"]] == [28] * 28
    assert all(-1 <= value <= 1 for row in explanation["evidence"] for value in row)
    assert explanation["crop"]["width"] > 100


@pytest.mark.parametrize("form", FORMS)
def test_an_explanation_holds_the_evidence_for_any_digit_asked_for(server: Server, form: str) -> None:
    evidence = {
        digit: assert_answer(post(server, form, 7, explain="true", digit=digit))["explanation"]["evidence"]
        for digit in ("1", "7")
    }
    assert evidence["7"] == assert_answer(post(server, form, 7, explain="true"))["explanation"]["evidence"]
    assert evidence["7"] != evidence["1"]


@pytest.mark.parametrize("value", ["10", "-1", "seven", "7.5"])
def test_the_evidence_for_what_is_no_digit_is_refused(server: Server, value: str) -> None:
    response = httpx.post(f"{server.url}/predict", params={"explain": "1", "digit": value}, json={"strokes": []})
    assert "digit" in assert_problem(response, "bad-query")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_each_image_format_is_read(server: Server, form: str) -> None:
    data, media = saved(picture(7), form), f"image/{form.lower()}"
    raw = httpx.post(f"{server.url}/predict", content=data, headers={"Content-Type": media})
    uri = httpx.post(f"{server.url}/predict", json={"image": data_uri(data, media)})
    assert assert_answer(raw)["digit"] == assert_answer(uri)["digit"] == 7


def test_a_jpeg_may_be_called_jpg(server: Server) -> None:
    data, url = saved(picture(7), "JPEG"), f"{server.url}/predict"
    raw = httpx.post(url, content=data, headers={"Content-Type": "Image/JPG; q=1"})
    uri = httpx.post(url, json={"image": data_uri(data, "image/jpg")})
    form = httpx.post(url, files={"file": ("7.jpg", data, "image/jpg")})
    assert [assert_answer(each)["digit"] for each in (raw, uri, form)] == [7, 7, 7]


def test_base64_may_be_broken_into_lines(server: Server) -> None:
    wrapped = "data:image/png;base64," + base64.encodebytes(png(7)).decode("ascii")
    assert wrapped.count("\n") > 10
    assert assert_answer(httpx.post(f"{server.url}/predict", json={"image": wrapped}))["digit"] == 7


def test_black_ink_on_a_transparent_canvas_is_ink(server: Server) -> None:
    data = saved(picture(1, "RGBA", (0, 0, 0, 255), (0, 0, 0, 0)))
    response = httpx.post(f"{server.url}/predict", content=data, headers={"Content-Type": "image/png"})
    assert assert_answer(response)["digit"] == 1


@pytest.mark.parametrize("content_type", ["image/png; name=7.png", "IMAGE/PNG", "image/png ;x=y"])
def test_parameters_and_case_of_a_content_type_do_not_matter(server: Server, content_type: str) -> None:
    response = httpx.post(f"{server.url}/predict", content=png(7), headers={"Content-Type": content_type})
    assert assert_answer(response)["digit"] == 7


def test_json_with_a_charset_and_other_members_is_read(server: Server) -> None:
    body = json.dumps({"author": "Noël", "strokes": STROKES[7]}, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert assert_answer(httpx.post(f"{server.url}/predict", content=body, headers=headers))["digit"] == 7


def test_a_form_may_hold_other_fields_beside_its_file(server: Server) -> None:
    response = httpx.post(f"{server.url}/predict", data={"author": "Noël"}, files={"file": png(1)})
    assert assert_answer(response)["digit"] == 1


def test_a_body_without_a_length_is_read_too(server: Server) -> None:
    data = png(7)
    pieces = (data[start : start + 100] for start in range(0, len(data), 100))
    response = httpx.post(f"{server.url}/predict", content=pieces, headers={"Content-Type": "image/png"})
    assert "content-length" not in response.request.headers
    assert assert_answer(response)["digit"] == 7


def test_strokes_too_long_for_the_event_loop_are_read_in_a_thread(server: Server) -> None:
    dense = [[140, 50 + step / 10] for step in range(1_800)]
    assert assert_answer(httpx.post(f"{server.url}/predict", json={"strokes": [dense]}))["digit"] == 1
