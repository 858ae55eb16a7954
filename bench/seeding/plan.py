"""Which subscriptions there are, one after the other in time: of what, whose, and in which status."""

from collections.abc import Hashable, Iterator, Mapping, MutableSequence, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Final, TypeVar

from bench.seeding import catalog
from bench.seeding.copies import CYCLE, SHIFT
from domain.ids import CustomerId
from domain.model.catalog import Product
from domain.model.lifecycle import (
    ACTIVE,
    DISABLED,
    INITIAL,
    MIGRATING,
    PROVISIONING,
    TERMINATED,
    SubscriptionStatus,
)

Item = TypeVar("Item", bound=Hashable)

FEWEST: Final = 1000
"""With fewer subscriptions some product or status would be missing."""

_CYCLES = 44
BEGINNING: Final = datetime.fromtimestamp(360 * CYCLE.total_seconds(), UTC)
DURATION: Final = _CYCLES * CYCLE
"""Some six years."""

OPERATOR: Final = CustomerId("customer-001")
"""The largest customer, to whom the nodes belong."""

PRODUCT_SHARES: Final[Mapping[str, float]] = {
    catalog.CORE_NODE.name: 0.5,
    catalog.EDGE_NODE.name: 1.5,
    catalog.PORT_1G.name: 25,
    catalog.PORT_10G.name: 20,
    catalog.PORT_100G.name: 5,
    catalog.CIRCUIT.name: 20,
    catalog.PROTECTED_CIRCUIT.name: 5,
    catalog.LEASED_LINE.name: 3,
    catalog.IP_PREFIX.name: 15,
    catalog.L3_VPN.name: 5,
}
STATUS_SHARES: Final[Mapping[SubscriptionStatus, float]] = {
    ACTIVE: 92,
    TERMINATED: 3,
    PROVISIONING: 1.5,
    INITIAL: 1.5,
    DISABLED: 1,
    MIGRATING: 1,
}
CUSTOMER_SHARES: Final[Mapping[CustomerId, float]] = {
    OPERATOR: 50,
    **{CustomerId(f"customer-{rank:03}"): share for rank, share in enumerate((8, 5, 4, 3, 2, 2), start=2)},
    **{CustomerId(f"customer-{rank:03}"): 26 / 313 for rank in range(8, 321)},
}
IN_SYNC_SHARES: Final[Mapping[bool, float]] = {True: 98, False: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSubscription:
    """One subscription before its tree is made.

    Attributes:
        number: how many were planned before it.
    """

    number: int
    product: Product
    customer_id: CustomerId
    status: SubscriptionStatus
    in_sync: bool
    created_at: datetime


def planned(random: Random, subscriptions: int) -> Iterator[PlannedSubscription]:
    """The subscriptions in the order of their creation, each share of the whole exactly met.

    Some nodes and ports come first, all ACTIVE, so that everything later finds something to refer to.
    """
    products = _with_beginning(_dealt(random, exact_counts(subscriptions, PRODUCT_SHARES)))
    early = _early(products)
    statuses = _dealt(random, exact_counts(subscriptions, STATUS_SHARES))
    _bring_forward(statuses, ACTIVE, early)
    customers = _dealt(random, exact_counts(subscriptions, CUSTOMER_SHARES))
    _give_to_operator(customers, products)
    in_sync = _dealt(random, exact_counts(subscriptions, IN_SYNC_SHARES))
    for number, product in enumerate(products):
        yield PlannedSubscription(
            number=number,
            product=catalog.CATALOG.product(product),
            customer_id=customers[number],
            status=statuses[number],
            in_sync=in_sync[number],
            created_at=_time((number + random.random()) / subscriptions),
        )


def _time(share: float) -> datetime:
    """When so much of the whole has been made, in the first part of a cycle."""
    cycle, within = divmod(share * _CYCLES, 1)
    return BEGINNING + cycle * CYCLE + within * SHIFT


def exact_counts(total: int, shares: Mapping[Item, float]) -> dict[Item, int]:
    """Whole numbers in proportion to the shares that add up to the total; the largest remainders gain."""
    whole = sum(shares.values())
    exact = {item: total * share / whole for item, share in shares.items()}
    counts = {item: int(value) for item, value in exact.items()}
    by_remainder = sorted(shares, key=lambda item: counts[item] - exact[item])
    for item in by_remainder[: total - sum(counts.values())]:
        counts[item] += 1
    return counts


def _dealt(random: Random, counts: Mapping[Item, int]) -> list[Item]:
    dealt = [item for item, count in counts.items() for _ in range(count)]
    random.shuffle(dealt)
    return dealt


_NODES: Final = frozenset({catalog.CORE_NODE.name, catalog.EDGE_NODE.name})
_PORTS: Final = frozenset({catalog.PORT_1G.name, catalog.PORT_10G.name, catalog.PORT_100G.name})


def _with_beginning(products: Sequence[str]) -> list[str]:
    """A quarter of the nodes first, then a twentieth of the ports, then the rest as it was dealt."""
    nodes = [number for number, product in enumerate(products) if product in _NODES]
    ports = [number for number, product in enumerate(products) if product in _PORTS]
    first = [*nodes[: len(nodes) // 4], *ports[: len(ports) // 20]]
    brought_forward = frozenset(first)
    rest = [product for number, product in enumerate(products) if number not in brought_forward]
    return [*(products[number] for number in first), *rest]


def _early(products: Sequence[str]) -> int:
    """How many come before the first that is neither node nor port."""
    return next(number for number, product in enumerate(products) if product not in _NODES | _PORTS)


def _bring_forward(items: MutableSequence[Item], wanted: Item, places: int) -> None:
    """Let the first places hold what is wanted, by exchanging them with later ones."""
    donors = iter([number for number in range(places, len(items)) if items[number] == wanted])
    for number in range(places):
        if items[number] != wanted:
            donor = next(donors)
            items[number], items[donor] = items[donor], items[number]


def _give_to_operator(customers: MutableSequence[CustomerId], products: Sequence[str]) -> None:
    """Let the operator hold the nodes, by exchanging customers with other products."""
    donors = iter(
        [
            number
            for number, product in enumerate(products)
            if product not in _NODES and customers[number] == OPERATOR
        ]
    )
    for number, product in enumerate(products):
        if product in _NODES and customers[number] != OPERATOR:
            donor = next(donors)
            customers[number], customers[donor] = customers[donor], customers[number]
