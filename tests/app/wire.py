"""HTTP as bytes on a connection, for what no HTTP client would send."""

import re
import socket
import struct

import httpx

from tests.conftest import Server

BROKEN_OFF = struct.pack("ii", 1, 0)  # SO_LINGER: closed by a reset, as by a process that was killed
GONE = (ConnectionResetError, BrokenPipeError)
HEAD = b"POST /predict HTTP/1.1\r\nHost: app\r\nContent-Type: application/json\r\n"


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def rest(connection: socket.socket) -> bytes:
    """Everything until the server closes."""
    pieces = []
    try:
        while piece := connection.recv(65_536):
            pieces.append(piece)
    except GONE:  # it had not read all that was sent
        pass
    return b"".join(pieces)


def parsed(answer: bytes) -> httpx.Response:
    """The last HTTP response in some bytes."""
    head, _, body = re.split(rb"HTTP/1\.1 (?=\d{3} )", answer)[-1].partition(b"\r\n\r\n")
    status, *lines = head.decode("ascii").split("\r\n")
    headers = httpx.Headers([(name, value) for name, _, value in (line.partition(": ") for line in lines)])
    assert len(body) == int(headers["content-length"]), answer
    return httpx.Response(int(status.split()[0]), headers=headers, content=body)


def answer_on(connection: socket.socket) -> httpx.Response:
    """The next response on a connection that stays open."""
    answer = b""
    while True:
        piece = connection.recv(65_536)
        assert piece, f"closed after {answer!r}"
        answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if length and len(body) == int(length[1]):
            return parsed(answer)
