"""Ink to answer: strokes and images to 28x28, the networks, the runtime and the shipped weights.

The serving half (everything but `networks` and `export`) imports neither torch nor anything of `app`.
"""
