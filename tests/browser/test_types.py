"""The types in the page's comments hold, as TypeScript checks them."""

import subprocess

import pytest

from tests.browser.node import package
from tests.conftest import ROOT

TYPESCRIPT = "typescript@5.9.3"
# By itself: what a page has and what a worker has cannot be in one program.
WORKER = ["--noEmit", "--checkJs", "--strict", "--target", "es2022", "--lib", "es2024,webworker", "static/sw.js"]


@pytest.mark.parametrize("arguments", [["--project", "static/jsconfig.json"], WORKER], ids=["page", "worker"])
def test_the_types_hold(arguments: list[str], pytestconfig: pytest.Config) -> None:
    assert pytestconfig.cache is not None
    tsc = package(TYPESCRIPT, pytestconfig.cache.mkdir("npm")) / "bin" / "tsc"
    checked = subprocess.run(["node", str(tsc), *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
