"""Ink to answer: strokes and images to 28x28, the networks, the runtime and the shipped weights.

The serving half imports neither torch nor anything of `app`. For training only: `networks`, `mnist`, `augment`,
`synthesis`, `styles`, `curves`, `marks`, `export` and `report`.
"""

import os

# Both are read once, when the libraries are first imported, so they are set before anything here imports them.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # ONNX Runtime would send telemetry on Linux too
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # matrices this small lose 20 ms to idle threads on a busy machine
