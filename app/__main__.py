"""`python -m app`: serve on HOST (127.0.0.1) and PORT (8000), in the way that suits this app.

They are not called DIGITS_HOST and DIGITS_PORT because Kubernetes sets the latter for a service named digits. Whatever
keeps it from starting is said in one line, before any connection is accepted, and ends it with status 1.
"""

import os
import socket
import sys
import tempfile

import uvicorn
from uvicorn.supervisors import Multiprocess

from app.settings import BadSetting, Settings

# A process that does not answer the one that watches over it for so long is ended and replaced. Where the machine has
# other things to do, loading the networks alone can take longer than the 5 s that are uvicorn's default.
WATCH_SECONDS = 60

# A container is given 10 s to stop by default; whoever has not been answered within this will not be.
GRACE_SECONDS = 2


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; what has been accepted by then is answered first."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 <= int(port) <= 65_535:
        sys.exit(f"digits: PORT={port[:40]!r} is not allowed. It takes a whole number from 0 to 65535.")
    try:
        settings = Settings.read()
    except BadSetting as error:
        sys.exit(f"digits: {error}")
    listener = _listener(host, int(port))
    if settings.processes == 1:
        _serve(settings, listener)
        return
    try:
        folder = tempfile.TemporaryDirectory(prefix="digits-")
    except OSError as error:
        sys.exit(f"digits: DIGITS_PROCESSES above 1 needs a folder for temporary files, /tmp say: {error.strerror}.")
    with folder as counts:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts  # where the processes add up what they count
        _serve(settings, listener)


def _listener(host: str, port: int) -> socket.socket:
    """A socket that is bound, and listens only once there is something to answer."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        sys.exit(
            f"digits: HOST={host[:80]!r} PORT={port} cannot be listened on: {error.strerror}. Set another HOST or PORT."
        )
    return listener


def _serve(settings: Settings, listener: socket.socket) -> None:
    from app.connection import Connection  # these load the networks' runtime, and the counters' kind: once, and late
    from app.main import app
    from model.reader import BrokenWeights

    try:
        app.state.service.load()
    except BrokenWeights as error:
        sys.exit(f"digits: {error}")
    config = uvicorn.Config(
        app if settings.processes == 1 else "app.main:app",
        http=Connection,
        ws="none",
        workers=settings.processes,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.access_log),  # the client's address is in the log, and nowhere else
        timeout_keep_alive=settings.idle_seconds,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_worker_healthcheck=WATCH_SECONDS,
    )
    address, port = listener.getsockname()[:2]
    print(f"digits: http://{f'[{address}]' if ':' in address else address}:{port}", file=sys.stderr, flush=True)
    if settings.processes == 1:
        uvicorn.Server(config).run([listener])
    else:
        app.state.service.unload()  # it has been seen that they load
        Multiprocess(config, [listener]).run()


if __name__ == "__main__":
    main()
