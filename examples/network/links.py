"""The facts that ports and circuits share: speeds, states, VLANs."""

from enum import IntEnum, StrEnum
from typing import Annotated

from pydantic import Field


class PortSpeed(IntEnum):
    """How fast a port is, in bit/s."""

    GBIT_10 = 10_000_000_000
    GBIT_100 = 100_000_000_000


class AdminState(StrEnum):
    """Whether a port is to carry traffic."""

    UP = "UP"
    DOWN = "DOWN"


Vlan = Annotated[int, Field(ge=2, le=4094)]
"""The number of a VLAN; the first and the last ones are not given to customers."""

BitsPerSecond = Annotated[int, Field(gt=0)]
"""How much a circuit carries; exact, as it is compared with speeds."""
