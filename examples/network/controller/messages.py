"""What goes over the wire: requests, answers, callbacks."""

from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Self

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, HttpUrl, JsonValue, model_validator

FIRST_ERROR_STATUS = 400
LAST_ERROR_STATUS = 599

BitsPerSecond = Annotated[int, Field(gt=0)]
Vlan = Annotated[int, Field(ge=2, le=4094)]


class Operation(StrEnum):
    """What can be asked of the controller."""

    RESERVE = "reserve"
    CONFIGURE = "configure"
    DELETE = "delete"
    RESERVE_INTERFACE = "reserve-interface"
    SET_INTERFACE = "set-interface"
    RELEASE_INTERFACE = "release-interface"
    PROVISION_CIRCUIT = "provision-circuit"
    RELEASE_CIRCUIT = "release-circuit"
    READ = "read"


class Message(BaseModel):
    """Common rules: unknown fields are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReserveDevice(Message):
    """Body of `PUT /devices/{name}`.

    Attributes:
        row: Row of racks in which the device shall stand; the controller chooses the position.
        management_prefix: Where its management address is taken from.
        refusals: For rehearsals: how many of the first requests for this device are refused, as if the
            controller were out of order.
    """

    row: Annotated[str, Field(min_length=1)]
    management_prefix: IPv4Network
    refusals: Annotated[int, Field(ge=0)] = 0


class ConfigureDevice(Message):
    """Body of `POST /devices/{name}/configuration`."""

    callback_url: HttpUrl
    config: dict[str, JsonValue]


class InterfaceSettings(Message):
    """Body of `POST /devices/{name}/interfaces` and `PUT /devices/{name}/interfaces/{number}`.

    Attributes:
        label: A text for those who look at the device.
    """

    speed: BitsPerSecond
    enabled: bool
    label: str | None = None


class CircuitEnd(Message):
    """Where a circuit begins or ends.

    Attributes:
        interface: The number of the interface on its device.
        vlan: None for untagged traffic.
    """

    device: str
    interface: int
    vlan: Vlan | None = None


class ProvisionCircuit(Message):
    """Body of `PUT /circuits/{name}`."""

    callback_url: HttpUrl
    capacity: BitsPerSecond
    ends: tuple[CircuitEnd, CircuitEnd]

    @model_validator(mode="after")
    def ends_are_apart(self) -> Self:
        """Refuse a circuit from an interface to itself."""
        if len({(end.device, end.interface) for end in self.ends}) == 1:
            raise ValueError("found one interface at both ends, expected two")
        return self


class InjectFault(Message):
    """Body of `POST /faults`: the next `times` requests of `operation` are answered with `status`."""

    operation: Operation
    times: Annotated[int, Field(ge=1)] = 1
    status: Annotated[int, Field(ge=FIRST_ERROR_STATUS, le=LAST_ERROR_STATUS)] = 503


class Device(Message):
    """A device as the controller knows it."""

    name: str
    row: str
    rack_position: str
    management_prefix: IPv4Network
    management_address: IPv4Address
    configuration_version: int = 0
    config: dict[str, JsonValue] | None = None
    applied_at: datetime | None = None


class Devices(Message):
    """Answer of `GET /devices`, by name."""

    devices: tuple[Device, ...]


class Interface(Message):
    """A reserved interface of a device."""

    device: str
    number: int
    name: str
    speed: BitsPerSecond
    enabled: bool
    label: str | None


class InterfaceList(Message):
    """Answer of `GET /devices/{name}/interfaces`, by number."""

    interfaces: tuple[Interface, ...]


class Circuit(Message):
    """A circuit between two interfaces; until it is provisioned its version is 0."""

    name: str
    capacity: BitsPerSecond
    ends: tuple[CircuitEnd, CircuitEnd]
    version: int = 0
    applied_at: datetime | None = None


class Configured(Message):
    """Body of the callback of a device's configuration."""

    model_config = ConfigDict(extra="ignore")

    configuration_version: int
    applied_at: datetime


class Provisioned(Message):
    """Body of the callback of a circuit."""

    circuit_version: int
    applied_at: datetime


class Effect(Message):
    """One line of the ledger: what was done for one key, or for all requests without a key.

    Attributes:
        resource: The device, the interface, or the circuit; of a reservation of an interface, the device.
        count: How often it was done.
        requests: How often it was asked for.
    """

    operation: Operation
    # States that were written when there were only devices call it so.
    resource: str = Field(validation_alias=AliasChoices("resource", "device"))
    idempotency_key: str | None
    count: int
    requests: int


class Effects(Message):
    """Answer of `GET /effects`, oldest first."""

    effects: tuple[Effect, ...]


class Problem(Message):
    """Answer to a request that was refused."""

    error: str
