"""Why the demo cannot go on. The messages are for the person who started it."""


class DemoFailure(Exception):
    """The story could not be told to its end."""


class ServerUnreachable(DemoFailure):
    """No GraphQL server answers at the address."""

    def __init__(self, url: str, *, reason: str) -> None:
        super().__init__(f"No GraphQL server answers at {url} ({reason}). Start one with `make serve`.")
        self.url = url


class RequestFailed(DemoFailure):
    """The server answered an operation with GraphQL errors."""

    def __init__(self, operation: str, *, reason: str) -> None:
        super().__init__(f"The server did not carry out {operation}: {reason}")
        self.operation = operation


class UnexpectedTurn(DemoFailure):
    """The server did something the story does not have."""

    def __init__(self, scene: str, *, found: str, expected: str) -> None:
        super().__init__(f"{scene}: found {found}, expected {expected}.")
        self.scene = scene


class ConnectionLost(Exception):
    """The socket is gone; a new one may do."""
