"""How the page and its files are delivered: versioned, compressed, kept, revalidated."""

import re
from pathlib import Path

import httpx
import pytest

from app.assets import ENTRIES, NOT_SERVED, Assets, takes_gzip
from tests.app.shapes import assert_problem, assert_secured
from tests.conftest import ROOT, Server

STATIC = ROOT / "static"
ADDRESSES = ["/", "/sw.js", "/manifest.webmanifest"]


def named_files(server: Server) -> set[str]:
    """The addresses of all files that the page and the manifest name."""
    texts = [httpx.get(f"{server.url}{address}").text for address in ADDRESSES]
    return {path for text in texts for path in re.findall(r'"(static/[^"]+)"', text)}


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_names_other_files_is_revalidated(server: Server, address: str) -> None:
    entry = httpx.get(f"{server.url}{address}")
    assert entry.status_code == 200
    assert entry.headers["cache-control"] == "no-cache"
    assert_secured(entry)
    again = httpx.get(f"{server.url}{address}", headers={"If-None-Match": entry.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert_secured(again)


def test_every_file_is_named_with_its_version_and_kept_for_ever(server: Server) -> None:
    paths = named_files(server)
    assert len(paths) > 10
    assert len({path.split("/")[1] for path in paths}) == 1
    for path in paths:
        file = httpx.get(f"{server.url}/{path}")
        assert file.status_code == 200, path
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.content == (STATIC / Path(path).name).read_bytes()
        assert_secured(file)


def test_a_file_without_its_version_or_with_an_old_one_is_the_file_as_it_is_now_and_not_kept(server: Server) -> None:
    for path in ("style.css", "0123456789ab/style.css"):
        file = httpx.get(f"{server.url}/static/{path}")
        assert file.content == (STATIC / "style.css").read_bytes()
        assert file.headers["cache-control"] == "no-cache"
    for path in ("nothing/style.css", "0123456789ab/0123456789ab/style.css", "0123456789ab/", *NOT_SERVED):
        assert_problem(httpx.get(f"{server.url}/static/{path}"), "not-found")


def test_the_modules_that_modules_import_are_those_that_the_page_loads_ahead(server: Server) -> None:
    named = {Path(path).name for path in named_files(server)}
    imported = {
        name for path in STATIC.glob("*.js") for name in re.findall(r'from "\./([\w.]+)";', path.read_text("utf-8"))
    }
    assert imported <= named


def test_text_goes_out_compressed_and_what_is_compressed_already_does_not(server: Server) -> None:
    for path in [*named_files(server), "", "sw.js", "docs", "docs.css"]:
        zipped = httpx.get(f"{server.url}/{path}", headers={"Accept-Encoding": "br, gzip"})
        plain = httpx.get(f"{server.url}/{path}", headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert zipped.content == plain.content
        assert zipped.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
        is_zipped = zipped.headers.get("content-encoding") == "gzip"
        assert is_zipped == (zipped.headers["etag"] != plain.headers["etag"])
        if zipped.headers["content-type"].startswith("text/"):
            assert is_zipped
            assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"])
        if path.endswith((".png", ".woff2")):
            assert not is_zipped


@pytest.mark.parametrize(
    ("header", "taken"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br, gzip;q=0", False),
        ("br, gzip; q=0.0", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("", False),
        ("identity", False),
        ("xgzip", False),
    ],
)
def test_who_takes_gzip(header: str, taken: bool) -> None:
    assert takes_gzip(header) is taken


def test_javascript_css_and_the_rest_have_the_types_that_browsers_insist_on(server: Server) -> None:
    types = {
        **{".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png"},
        **{".woff2": "font/woff2", ".webmanifest": "application/manifest+json"},
    }
    for path in STATIC.iterdir():
        if path.suffix in types:
            address = path.name if path.name in ENTRIES else f"static/{path.name}"
            response = httpx.get(f"{server.url}/{address}")
            assert response.headers["content-type"].split(";")[0] == types[path.suffix], path.name


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    def version() -> str:
        return Assets(tmp_path).version

    (tmp_path / "index.html").write_text('<link href="static/a.css">')
    (tmp_path / "a.css").write_text("a {}")
    first = version()
    assert version() == first
    assert Assets(tmp_path).entries["index.html"].plain == f'<link href="static/{first}/a.css">'.encode()
    (tmp_path / "a.css").write_text("b {}")
    second = version()
    (tmp_path / "a.css").rename(tmp_path / "b.css")
    assert len({first, second, version()}) == 3
