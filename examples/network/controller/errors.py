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


class DeviceInUse(ControllerError):
    """A device that is to be released still has interfaces in use."""

    status = HTTPStatus.CONFLICT

    def __init__(self, name: str, *, interfaces: int) -> None:
        super().__init__(f"device {name!r} has {interfaces} reserved interfaces, expected none")
        self.name = name


class PrefixExhausted(ControllerError):
    """No address is left."""

    status = HTTPStatus.CONFLICT

    def __init__(self, prefix: str) -> None:
        super().__init__(f"no address is left in {prefix}")
        self.prefix = prefix


class InterfacesExhausted(ControllerError):
    """Every interface of the device is reserved."""

    status = HTTPStatus.CONFLICT

    def __init__(self, device: str, *, number: int) -> None:
        super().__init__(f"all {number} interfaces of device {device!r} are reserved")
        self.device = device


class InterfaceNotFound(ControllerError):
    """That interface of the device is not reserved."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, device: str, *, number: int) -> None:
        super().__init__(f"interface {number} of device {device!r} is not reserved")
        self.device = device
        self.number = number


class InterfaceInUse(ControllerError):
    """An interface that is to be released carries circuits."""

    status = HTTPStatus.CONFLICT

    def __init__(self, interface: str, *, circuits: int) -> None:
        super().__init__(f"interface {interface!r} carries {circuits} circuits, expected none")
        self.interface = interface


class CircuitNotFound(ControllerError):
    """No circuit of that name was asked for."""

    status = HTTPStatus.NOT_FOUND

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no circuit {name!r}")
        self.name = name


class VlanTaken(ControllerError):
    """Another circuit has the VLAN on the interface, or its untagged traffic."""

    status = HTTPStatus.CONFLICT

    def __init__(self, interface: str, *, vlan: int | None) -> None:
        traffic = "untagged traffic" if vlan is None else f"VLAN {vlan}"
        super().__init__(f"{traffic} of interface {interface!r} belongs to another circuit")
        self.interface = interface
        self.vlan = vlan


class CapacityExceeded(ControllerError):
    """A circuit would be faster than the interface at one of its ends."""

    status = HTTPStatus.CONFLICT

    def __init__(self, interface: str, *, capacity: int, speed: int) -> None:
        super().__init__(
            f"a circuit of {capacity} bit/s does not fit on interface {interface!r} of {speed} bit/s"
        )
        self.interface = interface


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
