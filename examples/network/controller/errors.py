"""Why a request is refused: one class per fact, each with its HTTP status."""

from http import HTTPStatus


class ControllerError(Exception):
    """A request that the controller refuses."""

    status: int = HTTPStatus.INTERNAL_SERVER_ERROR


class DeviceNotFound(ControllerError):
    """No device of that name is reserved."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"no device {name!r} is reserved")
        self.name = name


class DeviceExists(ControllerError):
    """The name is taken, by another request than this one."""

    status = HTTPStatus.CONFLICT

    def __init__(self, name: str) -> None:
        super().__init__(f"device {name!r} is already reserved, by another request")
        self.name = name


class PrefixExhausted(ControllerError):
    """No address is left."""

    status = HTTPStatus.CONFLICT

    def __init__(self, prefix: str) -> None:
        super().__init__(f"no address is left in {prefix}")
        self.prefix = prefix


class KeyReused(ControllerError):
    """An idempotency key came back with a request for something else."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY

    def __init__(self, key: str, *, found: str, expected: str) -> None:
        super().__init__(f"idempotency key {key!r} belongs to {expected}; found with {found}")
        self.key = key


class RehearsedRefusal(ControllerError):
    """A refusal that the request itself asked for."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, name: str, *, number: int, of: int) -> None:
        super().__init__(f"rehearsal: refusal {number} of {of} for device {name!r}")
        self.name = name


class InjectedFault(ControllerError):
    """A fault that was asked for by `POST /faults`."""

    def __init__(self, operation: str, *, status: int) -> None:
        super().__init__(f"injected fault: {operation} answers {status}")
        self.status = status
