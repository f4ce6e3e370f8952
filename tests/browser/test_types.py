"""The types in the page's comments hold, as TypeScript checks them."""

import os
import shutil
import subprocess

import pytest

from tests.conftest import ROOT

TYPESCRIPT = "typescript@5.9.3"
SECONDS = 120  # to fetch it the first time; then it takes two


def tsc(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["npx", "--yes", "--prefer-offline", f"--package={TYPESCRIPT}", "tsc", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)


@pytest.fixture(scope="module")
def typescript() -> None:
    """It is there; without Node.js, or without a way to fetch it, the tests are skipped, the latter not in CI."""
    if not shutil.which("npx"):
        pytest.skip("npx, which comes with Node.js, is not installed")
    found = tsc("--version")
    if found.returncode != 0:
        reason = f"{TYPESCRIPT} cannot be had: {found.stderr.strip()[-300:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@pytest.mark.usefixtures("typescript")
def test_the_types_of_the_page_hold() -> None:
    checked = tsc("--project", "static/jsconfig.json")
    assert checked.returncode == 0, checked.stdout


@pytest.mark.usefixtures("typescript")
def test_the_types_of_the_service_worker_hold() -> None:
    """By itself: what a page has and what a worker has cannot be in one program."""
    options = ["--noEmit", "--checkJs", "--strict", "--target", "es2022", "--lib", "es2024,webworker"]
    checked = tsc(*options, "--typeRoots", "static", "static/sw.js")
    assert checked.returncode == 0, checked.stdout
