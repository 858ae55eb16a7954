"""The circuits of the tests' application: everything that a block's field may be, and references."""

# pyright: reportIncompatibleVariableOverride=false, reportGeneralTypeIssues=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from datetime import date, time, timedelta
from decimal import Decimal
from enum import IntEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AnyUrl, AwareDatetime, BaseModel, EmailStr, Field, computed_field

from domain.model.blocks import ProductBlockModel
from domain.model.definition.fields import Reference
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel
from tests.graph.ports import PortBlock, PortBlockInactive, PortBlockProvisioning


class FrameSize(IntEnum):
    """How large frames may be."""

    NORMAL = 1_500
    JUMBO = 9_000


class Position(BaseModel):
    """Where something is."""

    latitude: float
    height: int | None = None


class Site(BaseModel):
    """A place with a name."""

    name: str = Field(description="What people call it.")
    positions: list[Position] = Field(default_factory=list[Position])
    frame_size: FrameSize | None = None


class CarrierBlock(ProductBlockModel):
    """What carries a circuit."""

    provider: str | None = None


class FibreBlock(CarrierBlock, name="FibreBlock"):
    """A fibre."""

    length: timedelta | None = None


class RadioBlock(CarrierBlock, name="RadioBlock"):
    """A radio link."""

    frequency: float | None = None
    licensed: bool | None = None
    power: Decimal | None = None
    measured_at: AwareDatetime | None = None
    licence_ends: date | None = None
    serial: UUID | None = None
    subnet: IPv4Network | None = None
    band: Literal["low", "high"] | None = None


class CircuitBlockInactive(ProductBlockModel, name="CircuitBlock"):
    """A circuit."""

    name: str
    frame_size: FrameSize | None = None
    counter: int | None = None
    opens_at: time | None = None
    patience: timedelta | None = None
    contact: EmailStr | None = None
    manual: AnyUrl | None = None
    gateway: IPv4Address | IPv6Address | None = None
    weights: list[int | None] = Field(default_factory=list[int | None])
    site: Site | None = None
    sites: list[Site] = Field(default_factory=list[Site])
    carrier: CarrierBlock | None = None
    ends: Annotated[list[PortBlockInactive | RadioBlock], Reference()] = Field(
        default_factory=list[PortBlockInactive | RadioBlock]
    )
    main: Annotated[PortBlockInactive | None, Reference()] = None
    backup: "CircuitBlockInactive | None" = None

    @computed_field(description="What people call it.")
    @property
    def title(self) -> str:
        return f"circuit {self.name}"

    @computed_field
    @property
    def total(self) -> int | None:
        if self.name.startswith("broken"):
            raise ValueError("the secret reason")
        return None if self.counter is None else 2 * self.counter

    @computed_field
    @property
    def places(self) -> list[Site]:
        return [*self.sites] if self.site is None else [self.site, *self.sites]


class CircuitBlockProvisioning(CircuitBlockInactive, lifecycle=[PROVISIONING]):
    ends: Annotated[list[PortBlockProvisioning | RadioBlock], Reference()] = Field(
        default_factory=list[PortBlockProvisioning | RadioBlock]
    )
    main: Annotated[PortBlockProvisioning | None, Reference()] = None
    backup: "CircuitBlockProvisioning | None" = None


class CircuitBlock(CircuitBlockProvisioning, lifecycle=[ACTIVE]):
    frame_size: FrameSize
    ends: Annotated[list[PortBlock | RadioBlock], Reference()] = Field(
        default_factory=list[PortBlock | RadioBlock]
    )
    main: Annotated[PortBlock, Reference()]
    backup: "CircuitBlock | None" = None

    @computed_field
    @property
    def total(self) -> int:
        return 100


class CircuitInactive(SubscriptionModel, name="Circuit"):
    frame_size: FrameSize
    circuit: CircuitBlockInactive

    @computed_field
    @property
    def summary(self) -> str:
        return f"{self.circuit.name} for {self.customer_id}"


class CircuitProvisioning(CircuitInactive, lifecycle=[PROVISIONING]):
    circuit: CircuitBlockProvisioning


class Circuit(CircuitProvisioning, lifecycle=[ACTIVE]):
    circuit: CircuitBlock
