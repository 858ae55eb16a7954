"""The facts that products and forms share: sites, what they offer, and roles of nodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Network
from types import MappingProxyType


class Site(StrEnum):
    """A place where nodes can stand."""

    AMSTERDAM = "AMSTERDAM"
    PARIS = "PARIS"
    VIENNA = "VIENNA"


class Role(StrEnum):
    """What a node does in the network."""

    ACCESS = "ACCESS"
    AGGREGATION = "AGGREGATION"
    CORE = "CORE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """What a site offers.

    Attributes:
        rows: Its rows of racks.
        management_prefix: Where the management addresses of its nodes are taken from.
    """

    rows: tuple[str, ...]
    management_prefix: IPv4Network


SITES: Mapping[Site, SiteFacts] = MappingProxyType(
    {
        Site.AMSTERDAM: SiteFacts(rows=("AMS-A", "AMS-B"), management_prefix=IPv4Network("10.20.0.0/16")),
        Site.PARIS: SiteFacts(
            rows=("PAR-A", "PAR-B", "PAR-C"), management_prefix=IPv4Network("10.33.0.0/16")
        ),
        Site.VIENNA: SiteFacts(rows=("VIE-A",), management_prefix=IPv4Network("10.43.0.0/16")),
    }
)
