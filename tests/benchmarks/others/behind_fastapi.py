"""The same network behind the usual endpoint: FastAPI's documentation of files, PyTorch's of inference.

    uvicorn tests.benchmarks.others.behind_fastapi:app

The preprocessing is the usual one too, and cheaper than ours: it neither finds the paper nor centres the ink.
"""

from typing import Any

from fastapi import FastAPI, UploadFile

from tests.benchmarks.others.usual import Drawing, answer, load, of_file, of_strokes

app = FastAPI()
network = load()


@app.post("/predict")
async def predict(file: UploadFile) -> dict[str, Any]:
    return answer(network, of_file(await file.read()))


@app.post("/strokes")
async def strokes(drawing: Drawing) -> dict[str, Any]:
    return answer(network, of_strokes(drawing.strokes))
