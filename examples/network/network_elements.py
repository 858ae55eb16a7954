"""Devices, interfaces and circuits as the network controller knows them."""

from datetime import datetime
from ipaddress import IPv4Address, IPv4Network

from pydantic import BaseModel, ConfigDict


class Element(BaseModel):
    """What the controller told; it does not change here."""

    model_config = ConfigDict(frozen=True)


class DeviceConfig(Element):
    """What a device is told."""

    site: str
    role: str
    description: str


class Device(Element):
    """A device."""

    name: str
    row: str
    rack_position: str
    management_prefix: IPv4Network
    management_address: IPv4Address
    configuration_version: int
    config: DeviceConfig | None
    applied_at: datetime | None


class InterfaceSettings(Element):
    """What an interface is told; the speed in bit/s."""

    speed: int
    enabled: bool
    label: str | None


class Interface(InterfaceSettings):
    """A reserved interface of a device."""

    device: str
    number: int
    name: str


class CircuitEnd(Element):
    """Where a circuit begins or ends: an interface of a device, and a VLAN unless it is untagged."""

    device: str
    interface: int
    vlan: int | None

    def __str__(self) -> str:
        """The end in words."""
        traffic = "untagged" if self.vlan is None else f"VLAN {self.vlan}"
        return f"{self.device}/{self.interface} {traffic}"


class Circuit(Element):
    """A circuit between two interfaces; the capacity in bit/s."""

    name: str
    capacity: int
    ends: tuple[CircuitEnd, CircuitEnd]
    version: int
    applied_at: datetime | None
