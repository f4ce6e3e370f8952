"""Requests that nobody would think of, by the hundred thousand; `__main__` says how to send them."""
