"""The same network behind LitServe, started as its documentation starts it: `python behind_litserve.py PORT`."""

import sys
from typing import Any

import litserve as ls  # type: ignore[import-not-found]  # in an environment of its own
from torch import Tensor

from tests.benchmarks.others.usual import answer, load, of_file, of_strokes


class Digits(ls.LitAPI):  # type: ignore[misc]  # and so unknown here
    def setup(self, device: str) -> None:
        self.network = load().to(device)

    def decode_request(self, request):  # type: ignore[no-untyped-def]  # LitServe takes a type to be the body's
        return of_strokes(request["strokes"]) if "strokes" in request else of_file(request["file"].file.read())

    def predict(self, image: Tensor) -> dict[str, Any]:
        return answer(self.network, image)

    def encode_response(self, output: dict[str, Any]) -> dict[str, Any]:
        return output


if __name__ == "__main__":
    server = ls.LitServer(Digits(), accelerator="auto")
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
