"""A small catalogue for the tests of definitions: ports in three statuses, and links."""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one, as in every application.

from pydantic import Field

from domain.ids import CustomerId, SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ACTIVE, PROVISIONING, ProductStatus
from domain.model.subscriptions import SubscriptionModel

ALICE = CustomerId("alice")


class PortBlockInactive(ProductBlockModel, name="PortBlock"):
    speed: int | None = None


class PortBlock(PortBlockInactive, lifecycle=[ACTIVE]):
    speed: int = Field()


class PortInactive(SubscriptionModel, name="Port"):
    port: PortBlockInactive


class PortProvisioning(PortInactive, lifecycle=[PROVISIONING]):
    pass


class Port(PortProvisioning, lifecycle=[ACTIVE]):
    port: PortBlock


class CableBlock(ProductBlockModel, name="CableBlock"):
    length_m: int | None = None


class Link(SubscriptionModel, name="Link"):
    cable: CableBlock


def product(
    name: str, model: type[SubscriptionModel] = Port, status: ProductStatus = ProductStatus.ACTIVE
) -> Product:
    return Product(
        name=name, tag="PORT", product_type="Port", description="A port", model=model, status=status
    )


CATALOG = Catalog([product("Port 10G"), product("Port 100G"), product("Link", Link)])


def new_port(speed: int = 10) -> PortInactive:
    return PortInactive.new(product="Port 10G", customer_id=ALICE, port=PortBlockInactive.new(speed=speed))


def active_port() -> Port:
    return new_port().transition(Port)


def loaded(*subscriptions: SubscriptionModel) -> dict[SubscriptionId, SubscriptionModel]:
    return {subscription.id: subscription for subscription in subscriptions}
