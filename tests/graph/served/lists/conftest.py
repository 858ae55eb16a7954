"""What the lists of these tests hold."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Network, ip_address
from uuid import UUID

import pytest_asyncio

from domain.storage.database import Database
from tests.graph.circuits import FibreBlock, FrameSize, RadioBlock, Site
from tests.graph.served.house import House
from tests.graph.served.stored import Stored, subscription_of

RADIO = {
    "frequency": 2.5,
    "licensed": True,
    "power": Decimal("1.50"),
    "measured_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "licence_ends": date(2027, 1, 1),
    "serial": UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    "subnet": IPv4Network("192.0.2.0/24"),
    "band": "high",
}

ALPHA = {
    "name": "alpha",
    "frame_size": 9_000,
    "counter": 2**40,
    "opens_at": time(8, 30),
    "patience": timedelta(hours=2),
    "contact": "noc@example.org",
    "manual": "https://example.org/a",
    "gateway": ip_address("192.0.2.1"),
    "weights": [1, None, 5],
    "site": Site(name="attic"),
    "sites": [Site(name="cellar", frame_size=FrameSize.JUMBO), Site(name="attic")],
}
BETA = {
    "name": "Beta_100%",
    "frame_size": 1_500,
    "counter": -1,
    "opens_at": time(20),
    "patience": timedelta(minutes=10),
    "contact": "ops@example.com",
    "manual": "https://example.com/b",
    "gateway": ip_address("2001:db8::1"),
    "weights": [7],
}
GAMMA = {"name": "gamma", "frame_size": None}


@pytest_asyncio.fixture
async def circuits(house: House, database: Database) -> House:
    """Three circuits: alpha by radio, Beta_100% by fibre, gamma without anything."""
    stored = Stored(database)
    radio, fibre = RadioBlock.new(**RADIO), FibreBlock.new(provider="acme", length=timedelta(days=3))
    await stored.circuit(active=False, values={**ALPHA, "carrier": radio})
    await stored.circuit(active=False, values={**BETA, "carrier": fibre})
    await stored.circuit(active=False, values=GAMMA)
    return house


@pytest_asyncio.fixture
async def linked(house: House, database: Database) -> tuple[House, dict[str, str]]:
    """Nodes of two customers, and circuits between their ports; with a name for each subscription's id."""
    stored = Stored(database)
    own = await stored.node(ports=("eth0", "eth1"))
    other = await stored.node(customer="customer 2", ports=("xe0",))
    bare = await stored.node(ports=())
    near = await stored.circuit(own.node.ports[0], own.node.ports[1])
    far = await stored.circuit(own.node.ports[1], own.node.ports[0], other.node.ports[0])
    radio = await stored.circuit(own.node.ports[0], RadioBlock.new(provider="acme", frequency=5))
    models = {"own": own, "other": other, "bare": bare, "near": near, "far": far, "radio": radio}
    return house, {subscription_of(model): name for name, model in models.items()}
