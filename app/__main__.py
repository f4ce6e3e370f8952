"""`python -m app`: serve on HOST (127.0.0.1) and PORT (8000) with the flags that suit this app.

They are not called DIGITS_HOST and DIGITS_PORT because Kubernetes sets the latter for a service named digits.
"""

import os
import sys

import uvicorn

# A container is given 10 s to stop by default; whoever has not been answered within this will not be.
GRACE_SECONDS = 2


def main() -> None:
    """Serve until SIGTERM or Ctrl-C; what has been accepted by then is answered first."""
    host = os.environ.get("HOST") or "127.0.0.1"
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 <= int(port) <= 65_535:
        sys.exit(f"digits: PORT={port[:40]!r} is not allowed. It takes a whole number from 0 to 65535.")
    uvicorn.run(
        "app.main:app",
        host=host,
        port=int(port),
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


if __name__ == "__main__":
    main()
