"""What the tests use from npm, fetched once; without Node.js, or without a way to fetch it, they are skipped."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

SECONDS = 120


def package(specification: str, folder: Path) -> Path:
    """The folder of a package like "axe-core@4.14.1", installed below `folder` if it is not there yet.

    Skips the test where that cannot be done; in CI it fails.
    """
    if not shutil.which("npm"):
        _without("npm, which comes with Node.js, is not installed")
    home = folder / specification.replace("@", "-")
    found = home / "node_modules" / specification.rpartition("@")[0]
    if not (found / "package.json").is_file():
        home.mkdir(parents=True, exist_ok=True)
        options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
        try:
            done = subprocess.run(
                ["npm", "install", *options, "--prefix", str(home), specification],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            shutil.rmtree(home)  # or the next run would take half a package for a whole one
            _without(f"{specification} cannot be had: npm took more than {SECONDS} s")
        if done.returncode != 0:
            _without(f"{specification} cannot be had: {done.stderr.strip()[-300:]}")
    return found


def _without(reason: str) -> NoReturn:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
