"""What goes over the wire: requests, answers, callbacks."""

from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, JsonValue

FIRST_ERROR_STATUS = 400
LAST_ERROR_STATUS = 599


class Operation(StrEnum):
    """What can be asked of the controller."""

    RESERVE = "reserve"
    CONFIGURE = "configure"
    DELETE = "delete"
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


class Configured(Message):
    """Body of the callback."""

    model_config = ConfigDict(extra="ignore")

    configuration_version: int
    applied_at: datetime


class Effect(Message):
    """One line of the ledger: what was done for one key, or for all requests without a key.

    Attributes:
        count: How often it was done.
        requests: How often it was asked for.
    """

    operation: Operation
    device: str
    idempotency_key: str | None
    count: int
    requests: int


class Effects(Message):
    """Answer of `GET /effects`, oldest first."""

    effects: tuple[Effect, ...]


class Problem(Message):
    """Answer to a request that was refused."""

    error: str
