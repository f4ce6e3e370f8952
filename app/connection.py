"""One client's connection: uvicorn's own protocol, with bounds on what it leaves open and problems where it has text.

Small drawings are answered here, by `app.shortcut`; everything else by the app, as with any protocol.
"""

import asyncio
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.access import ID, REFUSED, Entry, id_of, new_id
from app.cors import allowing
from app.headers import SECURITY
from app.problems import REQUEST_ID, problem_response
from app.service import Service
from app.settings import Settings
from app.shortcut import Answer, Taken, take

MAX_HEAD = 65_536  # bytes of a request line and its headers; browsers send 1,000
MAX_HEADERS = 100
_LARGE = f"The headers have more than {MAX_HEAD:,} bytes. Send fewer."
MAX_PIPELINED = 8  # requests that wait on one connection for the answer to the one before
MAX_WRITING_SECONDS = 30  # for a client that does not take its answer
# A small body is waited for so long; then the app takes the request, which knows how long a body may take.
BODY_SECONDS = 0.25
# Of a body that was refused so much is read, and passed over, for as long as a head may take: clients that send all
# before they read, as most do, would be told that the connection was reset, and not why.
MAX_REST = 200_000_000  # bytes


@cache
def _settings() -> Settings:
    return Settings.read()


class Refused(Exception):
    """A request that is given up while it is still being parsed."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind


class Connection(HttpToolsProtocol):
    """Bounds the time and bytes of a head, of what follows it, of trailers, of idleness, and of an answer not taken."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._settings = _settings()
        # Whatever a body holds, its chunks' framing and trailers cannot make it more than this.
        self._most = 2 * self._settings.max_bytes + 1_000_000
        self._begun = False  # whether part of a request is here, and not all of it
        self._in_head = True
        self._bytes = 0  # since the request began
        self._answering: RequestResponseCycle | None = None  # of pipelined requests the first; `cycle` is the last
        self._head_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        # None where the app is another one, or writes a log of what it is asked.
        self._service: Service | None = getattr(getattr(self.app, "state", None), "shortcut_to", None)
        self._taken: Taken | None = None  # the request that is to be answered here, which is `_answering`
        self._body_timer: asyncio.TimerHandle | None = None
        self._leaving = False  # to be closed when the rest of a body has come
        self._exit: _Exit | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Refuse what is beyond the limit; give others some seconds to begin."""
        super().connection_made(transport)
        self._exit = _Exit(transport, self._leave)
        if len(self.connections) > self._settings.connections:
            self.refuse("busy", "Too many connections are open. Try again in a moment.")
        else:
            self._start_head_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers, and pipelined requests that nobody will read the answers to."""
        self._stop_head_timer()
        self._stop_write_timer()
        self._give_up()
        self.pipeline.clear()
        if self._answering is not None:
            self._answering.disconnected = True
        if self._exit is not None:
            self._exit.close = _nothing  # so that this connection and its last request do not keep each other
        super().connection_lost(exc)
        self._unset_keepalive_if_required()  # which uvicorn leaves, and all that it holds, where a client broke off

    def data_received(self, data: bytes) -> None:
        """Parse what came, and watch over what is still to come."""
        self._unset_keepalive_if_required()
        self._bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            pass  # one that is not offered is passed over, as HTTP has it
        except httptools.HttpParserError as error:
            cause = error.__context__
            if isinstance(cause, Refused):
                self.refuse(cause.kind, str(cause))
            else:
                self.refuse("bad-request", "This is not a valid HTTP/1.1 request. Send it with an HTTP client.")
            return
        if self.transport.is_closing():
            return
        if self._taken is not None and self._answering is not None:
            self._proceed(self._taken, self._answering)
        if self._in_head:
            if self._bytes > MAX_HEAD:
                self.refuse("headers-too-large", _LARGE)
            elif self._bytes:
                if self._head_timer is None:
                    self._start_head_timer()
            elif self.cycle.response_complete and self.timeout_keep_alive_task is None:
                # A body that was not waited for came after its answer: from now on nothing is asked.
                self.timeout_keep_alive_task = self.loop.call_later(
                    self.timeout_keep_alive, self.timeout_keep_alive_handler
                )
        elif self.cycle.response_complete:  # the rest of a body that was refused already
            if self._head_timer is None:
                self._start_head_timer()
            if self._bytes > MAX_REST:
                self.transport.close()
        elif self._bytes > self._most or len(self.headers) > MAX_HEADERS:
            self.refuse("too-large", "This body has too many bytes around its content. Send it with a Content-Length.")

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._begun = self._in_head = True
        self._bytes = 1  # of those that came with it, most may be of the request before, or of a body

    def on_headers_complete(self) -> None:
        """The head is whole: its time is over."""
        self._stop_head_timer()
        if len(self.headers) > MAX_HEADERS:
            raise Refused("headers-too-large", f"There are more than {MAX_HEADERS} headers. Send fewer.")
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MAX_HEAD:
            raise Refused("headers-too-large", _LARGE)
        if len(self.pipeline) >= MAX_PIPELINED:
            raise Refused("busy", f"More than {MAX_PIPELINED} requests wait on this connection. Wait for the answers.")
        if self._service is not None and (self.cycle is None or self.cycle.response_complete):
            self._taken = take(self._service, self.parser.get_method(), self.url, self.headers)
        super().on_headers_complete()
        self._in_head = False
        self.cycle.transport = self._exit  # type: ignore[assignment]  # which has all of a transport that it asks for
        if not self.pipeline:
            self._answering = self.cycle

    def on_message_complete(self) -> None:
        """The request is whole: what follows on this connection is another."""
        super().on_message_complete()
        if self._leaving:
            raise Refused("bad-request", "Nothing more is read on this connection. Open another.")
        self._begun, self._in_head = False, True
        self._bytes = 0

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._taken is None:
            super()._start_asgi_task(cycle, app)

    def _proceed(self, taken: Taken, cycle: RequestResponseCycle) -> None:
        """Have a request that was taken answered once it is whole, or leave it to the app."""
        if taken.proceeds:
            return
        if cycle.more_body:
            if self._body_timer is None:
                self._body_timer = self.loop.call_later(BODY_SECONDS, self._leave_to_app, cycle)
            return
        self._stop_body_timer()
        if self.flow.write_paused:
            self._leave_to_app(cycle)
        else:
            taken.proceed(bytes(cycle.body), partial(self._say, cycle))

    def _leave_to_app(self, cycle: RequestResponseCycle) -> None:
        self._give_up()
        self._start_asgi_task(cycle, self.app)

    def _say(self, cycle: RequestResponseCycle, answer: Answer | None) -> None:
        """Send a whole answer to the request that is being answered, or leave it to the app."""
        if answer is None:
            self._leave_to_app(cycle)
            return
        self._taken = None
        cycle.response_started = cycle.response_complete = True
        self.transport.write(_rendered(answer, self.server_state.default_headers, cycle.keep_alive))
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        cycle.on_response = _nothing  # as uvicorn does: the connection and the last request do not keep each other

    def _give_up(self) -> None:
        """Answer nothing here."""
        if self._taken is not None:
            self._taken.given_up = True
            self._taken = None
        self._stop_body_timer()

    def on_response_complete(self) -> None:
        """The next of the requests that wait is answered."""
        self._answering = self.pipeline[-1][0] if self.pipeline else None
        super().on_response_complete()

    def _leave(self) -> None:
        """Close after an answer; where the body of its request is still coming, once it has come (RFC 9112, 9.6)."""
        if self.pipeline or not self.cycle.more_body or self.transport.is_closing():
            self.transport.close()
            return
        self._leaving = True
        self.transport.write_eof()
        if self._head_timer is None:
            self._start_head_timer()

    def refuse(self, kind: str, detail: str) -> None:
        """Answer with a problem, where nothing else is being answered, and close."""
        self._stop_head_timer()
        self._give_up()
        self.pipeline.clear()
        if self._begun and not self._in_head and self.cycle.response_complete:  # in the rest of what has its answer
            self.transport.close()
            return
        left = None  # what the app is still at
        if self._answering is not None and not self._answering.response_complete:
            left = self._answering
            left.disconnected = True  # whatever the app still says goes nowhere
            left.message_event.set()
            if left.response_started:
                self.transport.close()
                return
        answer = self._refusal(kind, detail, left)
        self.transport.write(_rendered(answer, self.server_state.default_headers, keep_alive=False))
        self.transport.close()

    def _refusal(self, kind: str, detail: str, left: RequestResponseCycle | None) -> Answer:
        """A problem with what the app adds to its own: the request's id and what lets a page read it; it is logged."""
        answer = Answer.of(problem_response(kind, detail))
        scope = left.scope if left else self.scope if self._begun else None
        headers, state = (scope["headers"], scope["state"]) if scope else ((), {})
        request_id = id_of(headers)
        if self._settings.access_log:
            request_id = request_id or state.setdefault(ID, new_id())
            if left:
                state[REFUSED] = answer.status
            else:
                self._log(request_id, answer)
        more = [*allowing(self._settings.origins, headers), *([(REQUEST_ID, request_id)] if request_id else [])]
        return answer._replace(headers=[*answer.headers, *more])

    def _log(self, request_id: bytes, answer: Answer) -> None:
        """Write the line of a request that the app has never seen."""
        method = path = None
        if self._begun and self.url:
            method = self.parser.get_method().decode("ascii")
            path = self.url.partition(b"?")[0].decode("latin-1")
        client = self.client[0] if self.client else None
        Entry(request_id, client, method, path, answer.status, 0, len(answer.body), None).write()

    def pause_writing(self) -> None:
        """The client is slow to take its answer."""
        super().pause_writing()
        self._stop_write_timer()
        self._write_timer = self.loop.call_later(MAX_WRITING_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has taken it."""
        super().resume_writing()
        self._stop_write_timer()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for long: an answer that has not been taken by now never will be."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            super().timeout_keep_alive_handler()

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self._settings.head_seconds, self._head_expired)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _stop_body_timer(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None

    def _head_expired(self) -> None:
        self._head_timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # pipelined behind an answer that is still being made; idleness ends it afterwards
        if self._in_head and self._bytes:
            seconds = self._settings.head_seconds
            self.refuse("too-slow", f"The headers did not arrive within {seconds} seconds. Try again.")
        elif self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()


class _Exit:
    """The transport as a request has it, but that the connection settles how to close."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write, self.is_closing = transport.write, transport.is_closing
        self.close = close


_ALWAYS = b"".join(b"%s: %s\r\n" % pair for pair in SECURITY)


def _rendered(answer: Answer, headers: list[tuple[bytes, bytes]], keep_alive: bool) -> bytes:
    """A whole HTTP response; `headers` besides the answer's own."""
    fields = [b"%s: %s\r\n" % pair for pair in (*headers, *answer.headers)]
    end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
    return b"".join((STATUS_LINE[answer.status], *fields, _ALWAYS, end, answer.body))


def _nothing() -> None:
    """For whatever is called when there is nothing left to do."""
