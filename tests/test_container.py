"""What the container holds is all that the service needs: the Dockerfile copies less than the repository has."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree, rmtree

from tests.data import ROOT


def test_the_service_starts_from_the_files_that_the_image_holds(tmp_path: Path) -> None:
    for folder in ("app", "model", "static"):
        copytree(ROOT / folder, tmp_path / folder)
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    left_out = [line for line in lines if line.startswith(("app/", "model/", "static/"))]
    assert "model/networks.py" in left_out
    for pattern in left_out:
        found = list(tmp_path.glob(pattern))
        assert found, f"{pattern} is in .dockerignore, and nothing has that name"
        for path in found:
            rmtree(path) if path.is_dir() else path.unlink()
    start = "import app.__main__, app.main; from model.reader import Reader; print(Reader().names)"
    run = subprocess.run([sys.executable, "-c", start], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    assert "digitnet" in run.stdout
