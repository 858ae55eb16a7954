"""Which values can be given to which parameters."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import IPv4Address
from typing import Annotated, Any, Literal, NewType, Optional, Protocol, Union
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from domain.ids import CustomerId, SubscriptionId
from domain.json import JsonValue
from engine.compatibility import is_assignable
from tests.engine.definitions.catalog import Link, Port, PortInactive, PortProvisioning

Rack = NewType("Rack", str)


class Site(StrEnum):
    PARIS = "PARIS"


class Device(BaseModel):
    name: str


class Router(Device):
    ports: int


class Named(Protocol):
    name: str


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (str, str),
        (Router, Device),
        (Site, str),
        (bool, int),
        (int, float),
        (str, str | None),
        (str, Optional[str]),  # noqa: UP045  # both spellings
        (str, Union[int, str]),  # noqa: UP007  # both spellings
        (int | str, str | int | None),
        (Annotated[int, Field(gt=0)], int),
        (int, Annotated[int, Field(gt=0)]),
        (CustomerId, str),
        (CustomerId, CustomerId),
        (SubscriptionId, UUID),
        (list[Router], list[Device]),
        (list[str], Sequence[str]),
        (list[str], list),
        (dict[str, Router], Mapping[str, Device]),
        (Literal["a"], Literal["a", "b"]),
        (Literal["a", "b"], str),
        (Port, PortInactive),
        (PortInactive, Port),
        (PortInactive, PortProvisioning | Port),
        (PortProvisioning | Port, Port | None),
        (str, object),
        (str, Any),
        (Any, str),
        (list[int], JsonValue),
        (JsonValue, JsonValue),
        (JsonValue, JsonValue | None),
        (None, str | None),
    ],
)
def test_a_value_of_a_type_that_is_accepted(source: object, target: object) -> None:
    assert is_assignable(source, target)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (int, str),
        (str, int),
        (Device, Router),
        (str, Site),
        (float, int),
        (str | None, str),
        (int | str, str),
        (str, CustomerId),
        (CustomerId, Rack),
        (list[Device], list[Router]),
        (list[str], str),
        (str, list[str]),
        (tuple[int, int], tuple[int]),
        (Literal["a", "c"], Literal["a", "b"]),
        (str, Literal["a"]),
        (Literal[1], str),
        (Port, Link),
        (Port, str),
        (str, Port),
        (datetime, date),
        (Decimal, float),
        (IPv4Address, str),
        (JsonValue, str),
        (Device, Named),
        (None, str),
    ],
)
def test_a_value_of_a_type_that_is_not_accepted(source: object, target: object) -> None:
    assert not is_assignable(source, target)
