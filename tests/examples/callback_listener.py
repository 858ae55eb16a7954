"""Listens for the callbacks of the network controller."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread

from pydantic import AwareDatetime, BaseModel


class Outcome(BaseModel):
    """What the controller posts of a device."""

    configuration_version: int
    applied_at: AwareDatetime


class CircuitOutcome(BaseModel):
    """What the controller posts of a circuit."""

    circuit_version: int
    applied_at: AwareDatetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """A callback that arrived."""

    path: str
    body: bytes

    @property
    def outcome(self) -> Outcome:
        """What was posted of a device."""
        return Outcome.model_validate_json(self.body)

    @property
    def circuit_outcome(self) -> CircuitOutcome:
        """What was posted of a circuit."""
        return CircuitOutcome.model_validate_json(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackListener:
    """Where callbacks arrive."""

    url: str
    arrived: "Queue[Callback]"

    def next(self) -> Callback:
        """The next callback, waited for."""
        return self.arrived.get(timeout=10)


@contextmanager
def listening(*, answers: Sequence[int] = ()) -> Generator[CallbackListener]:
    """Take callbacks until the block ends; `answers` are the first statuses, all later ones are 204."""
    arrived: Queue[Callback] = Queue()
    statuses = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(statuses.pop(0) if statuses else 204)
            self.end_headers()
            arrived.put(Callback(path=self.path, body=body))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as inherited
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, name="callback listener")
    thread.start()
    try:
        yield CallbackListener(url=f"http://127.0.0.1:{server.server_address[1]}", arrived=arrived)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
