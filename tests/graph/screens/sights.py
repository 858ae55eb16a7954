"""What there is to look at in the seeded database: subscriptions and processes that show much."""

from dataclasses import dataclass
from uuid import UUID

from domain.storage.database import Database
from graph.ids import IdKind, encode_id
from tests.graph.screens.house import ScreensHouse

_NODE = """
SELECT subscription_id FROM process_subscription JOIN subscription ON subscription.id = subscription_id
WHERE status = 'ACTIVE' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1
"""
# Of the VPNs that refer to prefixes and to circuits, the one with the largest tree.
_VPN = """
SELECT relation.subscription_id FROM block_relation AS relation
JOIN subscription ON subscription.id = relation.subscription_id JOIN product ON product.id = product_id
WHERE product.model = 'Vpn' AND subscription.status = 'ACTIVE' AND subscription.in_sync GROUP BY 1
HAVING array_agg(attribute) @> '{prefixes, circuit}'::varchar[]
ORDER BY count(*) DESC, 1 LIMIT 1
"""
_HELD = "SELECT id FROM subscription WHERE held_by IS NOT NULL AND status = 'ACTIVE' ORDER BY id DESC LIMIT 1"
_SUSPENDED = "SELECT id FROM process WHERE status = 'SUSPENDED' ORDER BY id DESC LIMIT 1"
_FAILED = "SELECT id FROM process WHERE status = 'FAILED' AND NOT is_task ORDER BY id DESC LIMIT 1"
_CHANGED = """
SELECT id FROM process WHERE target = 'MODIFY' AND status = 'COMPLETED' ORDER BY id DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """Ids of what is worth looking at.

    Attributes:
        node: A subscription with more processes than any other, and many users.
        vpn: One that refers to others, with a tree of some depth.
        held: One that a process holds.
        suspended: A process that waits for a form.
        failed: One that failed.
        changed: One that was completed and changed its subscription.
    """

    node: str
    vpn: str
    held: str
    suspended: str
    failed: str
    changed: str


async def find_sights(house: ScreensHouse) -> Sights:
    """Looks them up."""
    database = house.database
    return Sights(
        node=encode_id(IdKind.SUBSCRIPTION, await _found(database, _NODE)),
        vpn=encode_id(IdKind.SUBSCRIPTION, await _found(database, _VPN)),
        held=encode_id(IdKind.SUBSCRIPTION, await _found(database, _HELD)),
        suspended=encode_id(IdKind.PROCESS, await _found(database, _SUSPENDED)),
        failed=encode_id(IdKind.PROCESS, await _found(database, _FAILED)),
        changed=encode_id(IdKind.PROCESS, await _found(database, _CHANGED)),
    )


async def _found(database: Database, query: str) -> UUID:
    async with database.writer() as connection:
        return await connection.fetchval(query)
