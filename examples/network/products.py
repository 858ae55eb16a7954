"""What is sold: nodes."""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from pydantic import Field

from examples.network.blocks import NodeBlock, NodeBlockInactive, NodeBlockProvisioning
from orchestrion import ACTIVE, PROVISIONING, Catalog, Product, SubscriptionModel


class NodeInactive(SubscriptionModel, name="Node"):
    """A node of the network, held by a customer."""

    node: NodeBlockInactive = Field(description="The device.")


class NodeProvisioning(NodeInactive, lifecycle=[PROVISIONING]):
    """A node that is being installed."""

    node: NodeBlockProvisioning = Field(description="The device.")


class Node(NodeProvisioning, lifecycle=[ACTIVE]):
    """A node in service."""

    node: NodeBlock = Field(description="The device.")


CATALOG = Catalog(
    products=[
        Product(
            name="Node",
            tag="NODE",
            product_type="NODE",
            description="A managed device at one of our sites.",
            model=Node,
        )
    ]
)
