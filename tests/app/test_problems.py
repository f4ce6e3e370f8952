"""Every way to be refused."""

import asyncio
import gzip
import re
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.exceptions import HTTPException

import app.problems
import model.errors
from app.drawing import ACCEPTED
from app.problems import PROBLEMS
from tests.app.inprocess import app_with, client_of
from tests.app.pictures import FORM, STROKES, data_uri, picture, png, slow_png
from tests.app.shapes import assert_problem
from tests.conftest import Server
from tests.encodings import saved

DEEP = b'{"strokes":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
JSON_PROBLEMS = [
    (b"", "bad-json"),
    (b"{", "bad-json"),
    (b"7", "bad-json"),
    (b"[]", "bad-json"),
    (b"{}", "bad-json"),
    (b"\xff\xfe", "bad-json"),
    (b'{"strokes": [], "image": ""}', "bad-json"),
    (DEEP, "bad-json"),
    (b'{"strokes": [[[' + b"9" * 5_000 + b", 1]]]}", "bad-json"),
    (b'{"strokes": [[[' + b"9" * 400 + b", 1]]]}", "bad-strokes"),
    (b'{"strokes": null}', "bad-strokes"),
    (b'{"strokes": "7"}', "bad-strokes"),
    (b'{"strokes": [1, 2]}', "bad-strokes"),
    (b'{"strokes": [[1, 2]]}', "bad-strokes"),
    (b'{"strokes": [[[1, 2, 3]]]}', "bad-strokes"),
    (b'{"strokes": [[["1", "2"]]]}', "bad-strokes"),
    (b'{"strokes": [[[1, 2], [3]]]}', "bad-strokes"),
    (b'{"strokes": [[[NaN, 1], [2, 3]]]}', "bad-strokes"),
    (b'{"strokes": [[[Infinity, 1], [2, 3]]]}', "bad-strokes"),
    (b'{"strokes": [[[1e999, 1], [2, 3]]]}', "bad-strokes"),
    (b'{"strokes": [' + b"[[1, 2]]," * 5_000 + b"[[1, 2]]]}", "bad-strokes"),
    (b'{"strokes": []}', "blank"),
    (b'{"strokes": [[], []]}', "blank"),
    (b'{"image": 7}', "not-an-image"),
    (b'{"image": "7.png"}', "not-an-image"),
    (b'{"image": "data:image/png;base64,"}', "not-an-image"),
    (b'{"image": "data:image/png;base64,!!!!"}', "not-an-image"),
    (b'{"image": "data:image/png;base64,AAA"}', "not-an-image"),
    (b'{"image": "data:image/png,AAAA"}', "not-an-image"),
    (b'{"image": "data:text/plain;base64,AAAA"}', "unsupported-media"),
    (b'{"image": "data:image/svg+xml;base64,AAAA"}', "unsupported-media"),
]


@pytest.mark.parametrize(("body", "kind"), JSON_PROBLEMS, ids=lambda value: str(value[:40]))
def test_json_that_cannot_be_read_is_refused(server: Server, body: bytes, kind: str) -> None:
    assert_problem(_post(server, body, "application/json"), kind)


IMAGE_PROBLEMS = {
    "empty": (b"", "not-an-image"),
    "text": (b"This is a seven.\n" * 40, "not-an-image"),
    "truncated": (png(7)[: len(png(7)) // 2], "not-an-image"),
    "only a header": (png(7)[:40], "not-an-image"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "not-an-image"),
    "blank": (saved(picture(7, ink=255)), "blank"),
    "black": (saved(picture(7, paper=0)), "blank"),
    "transparent": (saved(picture(7, "RGBA", (0, 0, 0, 0), (0, 0, 0, 0))), "blank"),
    "1x1": (saved(picture(7, side=1).point(lambda _: 255)), "blank"),
}


@pytest.mark.parametrize("name", IMAGE_PROBLEMS)
def test_an_image_that_cannot_be_read_is_refused_in_each_form(server: Server, name: str) -> None:
    data, kind = IMAGE_PROBLEMS[name]
    assert_problem(_post(server, data, "image/png"), kind)
    assert_problem(httpx.post(f"{server.url}/predict", files={"file": data}), kind)
    assert_problem(httpx.post(f"{server.url}/predict", json={"image": data_uri(data)}), kind)


@pytest.mark.parametrize("content_type", [None, "", "text/plain", "image/svg+xml", "application/x-www-form-urlencoded"])
def test_other_content_is_refused_with_a_list_of_what_is_read(server: Server, content_type: str | None) -> None:
    response = _post(server, png(7), content_type)
    detail = assert_problem(response, "unsupported-media")
    assert response.headers["accept-post"] == ", ".join(ACCEPTED)
    assert "image/png" in detail
    assert "application/json" in detail


FORM_PROBLEMS = {
    "no boundary": (b"--x--\r\n", "multipart/form-data"),
    "a long boundary": (b"--x--\r\n", f"multipart/form-data; boundary={'x' * 500}"),
    "nothing in it": (b"", "multipart/form-data; boundary=x"),
    "no form": (png(7), "multipart/form-data; boundary=x"),
    "another boundary": (b"--y\r\n\r\n\r\n--y--\r\n", "multipart/form-data; boundary=x"),
    "no file": (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "cut short": (b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n1', "multipart/form-data; boundary=x"),
    "two files": (
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n1\r\n' * 2 + b"--x--\r\n",
        "multipart/form-data; boundary=x",
    ),
    "a hundred parts": (b"--x\r\na: b\r\n\r\n1\r\n" * 100 + b"--x--\r\n", "multipart/form-data; boundary=x"),
    "a long header": (b"--x\r\na: " + b"b" * 100_000 + b"\r\n\r\n1\r\n--x--\r\n", "multipart/form-data; boundary=x"),
}


@pytest.mark.parametrize("name", FORM_PROBLEMS)
def test_a_form_that_cannot_be_read_is_refused(server: Server, name: str) -> None:
    body, content_type = FORM_PROBLEMS[name]
    assert_problem(_post(server, body, content_type), "bad-form")


@pytest.mark.parametrize("more", [{}, {"X-Request-Id": "7"}], ids=["shortcut", "app"])
@pytest.mark.parametrize(
    ("content_type", "kind"), [("image/png", "not-an-image"), ("application/json", "bad-json"), (FORM, "bad-form")]
)
def test_an_empty_body_is_called_empty(server: Server, content_type: str, kind: str, more: dict[str, str]) -> None:
    headers = {"Content-Type": content_type, **more}
    assert "body is empty" in assert_problem(httpx.post(f"{server.url}/predict", headers=headers), kind)


def test_a_file_that_is_empty_or_only_named_is_told_from_a_bad_one(server: Server) -> None:
    details = {
        data: assert_problem(httpx.post(f"{server.url}/predict", files={"file": data}), "not-an-image")
        for data in ((None, b""), ("7.png", b""), (None, b"7.png"), ("7.png", b"7.png"), (None, b"\x89PNG"))
    }
    assert ["is empty" in detail for detail in details.values()] == [True, True, False, False, False]
    assert ["file=@7.png`, with" in detail for detail in details.values()] == [False, False, True, False, False]


def test_a_picture_in_a_part_without_a_file_name_is_a_picture_all_the_same(server: Server) -> None:
    assert httpx.post(f"{server.url}/predict", files={"file": (None, png(7))}).json()["digit"] == 7


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, GZip"])
def test_a_compressed_body_is_refused_as_such(server: Server, coding: str) -> None:
    for content_type, data in (("application/json", b'{"strokes":[]}'), ("image/png", png(7))):
        headers = {"Content-Type": content_type, "Content-Encoding": coding}
        response = httpx.post(f"{server.url}/predict", content=gzip.compress(data), headers=headers)
        detail = assert_problem(response, "unsupported-media")
        assert coding in detail
        assert "uncompressed" in detail
        assert response.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("coding", ["identity", "Identity", ""])
def test_a_body_that_says_that_it_is_not_compressed_is_read(server: Server, coding: str) -> None:
    headers = {"Content-Type": "image/png", "Content-Encoding": coding}
    assert httpx.post(f"{server.url}/predict", content=png(7), headers=headers).json()["digit"] == 7


def test_an_unknown_model_is_refused_with_the_names_of_those_there_are(server: Server) -> None:
    response = httpx.post(f"{server.url}/predict?model=resnet", json={"strokes": STROKES[7]})
    detail = assert_problem(response, "unknown-model")
    assert "digitnet" in detail
    assert "blog" in detail


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/static/nothing.js", "/static/", "/static/%2e%2e/LICENSE"])
def test_an_unknown_path_is_not_found(server: Server, path: str) -> None:
    assert_problem(httpx.get(server.url + path), "not-found")


@pytest.mark.parametrize(
    "path", ["/static/../pyproject.toml", "/static/..%2f..%2fLICENSE", "/static/%00", "//etc/passwd"]
)
def test_no_path_leads_out_of_the_static_folder(server: Server, path: str) -> None:
    with httpx.Client(base_url=server.url) as client:
        request = client.build_request("GET", "/")
        request.url = request.url.copy_with(raw_path=path.encode())
        assert_problem(client.send(request), "not-found")


def test_a_wrong_method_is_refused_with_those_that_are_allowed(server: Server) -> None:
    for path, allowed in {
        "/predict": "OPTIONS, POST",
        "/models": "GET, HEAD, OPTIONS",
        "/": "GET, HEAD, OPTIONS",
    }.items():
        response = httpx.delete(server.url + path)
        assert_problem(response, "method-not-allowed")
        assert response.headers["allow"] == allowed
        options = httpx.options(server.url + path)
        assert (options.status_code, options.headers["allow"]) == (204, allowed)


def test_before_the_networks_are_loaded_nothing_is_ready_but_the_process_is_alive() -> None:
    async def scenario() -> None:
        async with client_of(app_with()) as client:
            for path in ("/readyz", "/models"):
                assert_problem(await client.get(path), "not-ready")
            assert_problem(await client.post("/predict", json={"strokes": STROKES[7]}), "not-ready")
            assert (await client.get("/healthz")).status_code == 200

    asyncio.run(scenario())


def test_a_mistake_of_ours_is_a_problem_too_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    service = app_with()

    @service.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    async def scenario() -> None:
        async with client_of(service) as client:
            assert_problem(await client.get("/broken"), "internal")
            metrics = (await client.get("/metrics")).text
            assert 'digits_requests_total{method="GET",route="other",status="500"} 1.0' in metrics

    asyncio.run(scenario())
    assert "GET /broken failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_what_the_framework_refuses_is_a_problem_too() -> None:
    service = app_with()

    @service.get("/refused")
    async def refused() -> None:
        raise HTTPException(400, "No such luck")

    async def scenario() -> None:
        async with client_of(service) as client:
            assert "No such luck" in assert_problem(await client.get("/refused"), "bad-request")

    asyncio.run(scenario())


def test_a_full_queue_is_said_at_once() -> None:
    async def scenario() -> None:
        service = app_with(workers=1, queue=1)
        async with service.router.lifespan_context(service), client_of(service) as client:
            headers = {"Content-Type": "image/png"}
            posts = [client.post("/predict", content=slow_png(), headers=headers) for _ in range(4)]
            answers = await asyncio.gather(*posts)
            strokes = await client.post("/predict", json={"strokes": STROKES[7]})
        assert sorted(answer.status_code for answer in answers) == [200, 200, 503, 503]
        for answer in answers:
            if answer.status_code == 503:
                assert_problem(answer, "busy")
        assert strokes.status_code == 200

    asyncio.run(scenario())


def test_strokes_are_read_while_the_queue_for_images_is_full() -> None:
    async def scenario() -> None:
        service, release = app_with(workers=1, queue=0), threading.Event()
        async with service.router.lifespan_context(service), client_of(service) as client:
            held = asyncio.create_task(service.state.shortcut_to.gate.run(release.wait))
            await asyncio.sleep(0)  # now that has the worker
            try:
                image = await client.post("/predict", content=slow_png(), headers={"Content-Type": "image/png"})
                strokes = await client.post("/predict", json={"strokes": STROKES[7]})
            finally:
                release.set()
            assert await held
            assert_problem(image, "busy")
            assert strokes.status_code == 200

    asyncio.run(scenario())


def test_large_bodies_are_bounded_together_too() -> None:
    async def scenario() -> None:
        service = app_with(max_bytes=100_000)
        async with service.router.lifespan_context(service), client_of(service) as client:
            go_on = asyncio.Event()

            async def stalled() -> AsyncIterator[bytes]:
                yield b" " * 90_000
                await go_on.wait()
                yield b" "

            headers = {"Content-Type": "image/png"}
            posts = [asyncio.create_task(client.post("/predict", content=stalled(), headers=headers)) for _ in range(5)]
            first, _ = await asyncio.wait(posts, return_when=asyncio.FIRST_COMPLETED)
            assert_problem(first.pop().result(), "busy")
            assert (await client.post("/predict", content=png(7), headers=headers)).status_code == 200
            go_on.set()
            kinds = sorted([(await post).json()["type"] for post in posts])
            assert kinds == ["busy", *["not-an-image"] * 4]
            assert_problem(await client.post("/predict", content=b" " * 90_000, headers=headers), "not-an-image")

    asyncio.run(scenario())


def test_a_body_that_never_ends_is_given_up() -> None:
    async def scenario() -> None:
        service = app_with(body_seconds=1)
        async with service.router.lifespan_context(service), client_of(service) as client:

            async def endless() -> AsyncIterator[bytes]:
                while True:
                    yield b"{"
                    await asyncio.sleep(0.05)

            response = await client.post("/predict", content=endless(), headers={"Content-Type": "application/json"})
            assert_problem(response, "too-slow")

    asyncio.run(scenario())


def test_every_error_of_the_model_has_its_problem() -> None:
    errors = [each for each in vars(model.errors).values() if isinstance(each, type) and hasattr(each, "kind")]
    assert {error.kind for error in errors} <= set(PROBLEMS)
    assert len(errors) >= 5


def test_the_tree_at_the_top_shows_every_problem_and_its_status() -> None:
    tree = dict(re.findall(r"^ {4}(?:the \w+| {11}) +([a-z-]+) +(\d{3})  ", app.problems.__doc__ or "", re.MULTILINE))
    assert tree == {kind: str(status) for kind, (status, _) in PROBLEMS.items()}


def test_every_problem_is_met_in_these_tests() -> None:
    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert {kind for kind in PROBLEMS if f'"{kind}"' not in source} == set()


def _post(server: Server, body: bytes, content_type: str | None) -> httpx.Response:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return httpx.post(f"{server.url}/predict", content=body, headers=headers)
