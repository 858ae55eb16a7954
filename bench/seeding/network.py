"""The trees: nodes with cards, ports on them, circuits between ports, prefixes in prefixes, VPNs over all."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from random import Random

from bench.seeding import catalog
from bench.seeding.catalog import Media, Vendor
from bench.seeding.copies import MARK
from bench.seeding.drafts import Ids, OfferedBlock, Offers, Place, SeededSubscription, add_block, refer
from bench.seeding.plan import planned
from domain.ids import BlockId, SubscriptionId
from domain.json import JsonValue

VLANS = 64
"""How many different VLANs endpoints and attachments have."""

_VENDORS = tuple(vendor.value for vendor in Vendor)
_MEDIA = tuple(media.value for media in Media)
_LARGE_VPN_SHARE = 0.005
_LARGE_VPN_ATTACHMENTS = 50
_DEEPEST_PREFIX = 3


class Network:
    """Makes one subscription after the other; each refers to earlier ones."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ids = Ids(random)
        self._nodes = Offers(random)
        self._ports = Offers(random)
        self._circuits = Offers(random)
        self._prefixes = Offers(random)
        self._builders: Mapping[str, Callable[[SeededSubscription], None]] = {
            catalog.Node.family().name: self._node,
            catalog.Port.family().name: self._port,
            catalog.Circuit.family().name: self._circuit,
            catalog.Prefix.family().name: self._prefix,
            catalog.Vpn.family().name: self._vpn,
        }

    def subscriptions(self, count: int) -> Iterator[SeededSubscription]:
        """So many subscriptions with their trees, in the order of their creation."""
        for plan in planned(self._random, count):
            subscription = SeededSubscription(id=SubscriptionId(self._ids.next(plan)), plan=plan)
            self._builders[plan.product.model.family().name](subscription)
            yield subscription

    def _node(self, subscription: SeededSubscription) -> None:
        number, random = subscription.plan.number, self._random
        core = subscription.plan.product is catalog.CORE_NODE
        commissioned = (subscription.plan.created_at + timedelta(days=random.randrange(90))).date()
        node = self._add(
            subscription,
            Place(attribute="node"),
            "NodeBlock",
            label=f"rack {random.randrange(1, 41)}" if self._chance(0.5) else None,
            hostname=f"{'cr' if core else 'er'}{MARK}{number:05}.example.net" if subscription.begun else None,
            vendor=random.choice(_VENDORS),
            site=f"site-{random.randrange(40):02}",
            loopback=_loopback(number) if subscription.complete else None,
            management=_address(number) if subscription.begun else None,
            power_w=f"{random.randrange(2000, 90000) / 10:.1f}" if self._chance(0.8) else None,
            commissioned=commissioned.isoformat() if subscription.complete else None,
        )
        for slot in range(random.randint(4, 8) if core else random.randint(1, 2)):
            self._card(subscription, node, slot, random.randint(2, 6) if core else random.randint(0, 3))
        self._nodes.add(subscription.plan, OfferedBlock(id=node, owner_id=subscription.id))

    def _card(self, subscription: SeededSubscription, node: BlockId, slot: int, transceivers: int) -> None:
        place = Place(parent_id=node, attribute="cards", position=slot)
        card = self._add(subscription, place, "CardBlock", slot=slot)
        for position in range(transceivers):
            self._add(
                subscription,
                Place(parent_id=card, attribute="transceivers", position=position),
                "TransceiverBlock",
                serial=f"{self._random.getrandbits(36):09X}{MARK}",
                wavelength_nm=self._random.choice((850.0, 1310.0, 1550.12, None)),
            )

    def _port(self, subscription: SeededSubscription) -> None:
        random = self._random
        port = self._add(
            subscription,
            Place(attribute="port"),
            "PortBlock",
            name=f"ge-{random.randrange(8)}/0/{random.randrange(48)}" if subscription.begun else None,
            media=random.choice(_MEDIA),
            mtu=random.choices((1500, 9000, 9216), weights=(80, 19, 1))[0],
            enabled=subscription.complete,
            vlans=[*sorted(random.sample(range(2, 4095), random.choice((0, 0, 1, 3))))],
        )
        if subscription.begun:
            place = Place(parent_id=port, attribute="node")
            refer(subscription, place, self._nodes.find(subscription.plan))
        self._ports.add(subscription.plan, OfferedBlock(id=port, owner_id=subscription.id))

    def _circuit(self, subscription: SeededSubscription) -> None:
        number, random = subscription.plan.number, self._random
        fee = f"{random.randrange(50, 400) * 25 / 10:.2f}"
        circuit = self._add(
            subscription,
            Place(attribute="circuit"),
            "CircuitBlock",
            circuit_number=f"C{MARK}{number:05}" if subscription.complete else None,
            bandwidth=random.choice((10**8, 10**9, 10**10, 10**11)) if subscription.begun else None,
            latency_ms=round(random.uniform(0.2, 40), 2) if self._chance(0.7) else None,
            monthly_fee=fee if subscription.begun and self._chance(0.9) else None,
        )
        for attribute in ("a_end", "z_end"):
            place = Place(parent_id=circuit, attribute=attribute)
            endpoint = self._add(subscription, place, "EndpointBlock", vlan=self._vlan(subscription))
            if subscription.begun:
                port = self._ports.find(subscription.plan)
                refer(subscription, Place(parent_id=endpoint, attribute="port"), port)
        self._circuits.add(subscription.plan, OfferedBlock(id=circuit, owner_id=subscription.id))

    def _prefix(self, subscription: SeededSubscription) -> None:
        number, random = subscription.plan.number, self._random
        prefix = self._add(
            subscription,
            Place(attribute="prefix"),
            "PrefixBlock",
            prefix=f"{_address(number << 4)}/28" if subscription.begun else None,
            gateway=_address((number << 4) + 1) if subscription.complete and self._chance(0.6) else None,
            tags=[*random.sample(("dual", "lab", "public", "reserved"), random.choice((0, 0, 1, 2)))],
        )
        parent = self._prefixes.find(subscription.plan) if self._chance(0.4) else None
        if parent is not None and parent.depth == _DEEPEST_PREFIX:
            parent = None
        refer(subscription, Place(parent_id=prefix, attribute="parent"), parent)
        depth = 0 if parent is None else parent.depth + 1
        self._prefixes.add(subscription.plan, OfferedBlock(id=prefix, owner_id=subscription.id, depth=depth))

    def _vpn(self, subscription: SeededSubscription) -> None:
        number, random = subscription.plan.number, self._random
        vpn = self._add(
            subscription,
            Place(attribute="vpn"),
            "VpnBlock",
            route_distinguisher=f"64500:{number + 1}{MARK}" if subscription.complete else None,
            multicast=self._chance(0.1),
        )
        large = subscription.complete and self._chance(_LARGE_VPN_SHARE)
        for position in range(_LARGE_VPN_ATTACHMENTS if large else random.choice((1, 2, 2, 3, 4, 6))):
            self._attachment(subscription, Place(parent_id=vpn, attribute="attachments", position=position))
        found = [self._prefixes.find(subscription.plan) for _ in range(random.choice((0, 0, 1, 2, 3)))]
        for position, prefix in enumerate(dict.fromkeys(prefix for prefix in found if prefix is not None)):
            refer(subscription, Place(parent_id=vpn, attribute="prefixes", position=position), prefix)

    def _attachment(self, subscription: SeededSubscription, place: Place) -> None:
        random = self._random
        circuit = self._circuits.find(subscription.plan) if self._chance(0.4) else None
        if circuit is not None:
            metric = random.choice((10, 20, 100))
            attachment = self._add(subscription, place, "CircuitAttachmentBlock", metric=metric)
            refer(subscription, Place(parent_id=attachment, attribute="circuit"), circuit)
            return
        attachment = self._add(
            subscription,
            place,
            "PortAttachmentBlock",
            vlan=self._vlan(subscription),
            address=_address(random.getrandbits(24)) if self._chance(0.5) else None,
        )
        if subscription.begun:
            port = self._ports.find(subscription.plan)
            refer(subscription, Place(parent_id=attachment, attribute="port"), port)

    def _chance(self, share: float) -> bool:
        return self._random.random() < share

    def _vlan(self, subscription: SeededSubscription) -> int | None:
        return 100 + self._random.randrange(VLANS) if subscription.complete else None

    def _add(
        self,
        subscription: SeededSubscription,
        place: Place,
        family: str,
        *,
        label: str | None = None,
        **values: JsonValue,
    ) -> BlockId:
        return add_block(subscription, self._ids, place, family=family, label=label, values=values)


def _address(number: int) -> str:
    """The address of a number below 2**24 in 10.0.0.0/8, or for a later copy behind that."""
    return f"1{MARK}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def _loopback(number: int) -> str:
    """The IPv6 address of a number below 2**20."""
    return f"2001:db8:1{MARK}::{(number >> 16) + 1:x}:{number & 0xFFFF:x}/128"
