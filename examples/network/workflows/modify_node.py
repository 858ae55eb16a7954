"""Change what a node in service does: its role, and how it is described."""

from pydantic import BaseModel, Field

from examples.network.products import Node
from examples.network.sites import Role
from examples.network.workflows.configuration import configure_device, record_configuration
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import StepList, begin, done, modify_workflow, step


class ModifyNode(BaseModel):
    """What shall change."""

    role: Role = Field(description="What the node shall do in the network.")
    description: str | None = Field(
        default=None, min_length=1, max_length=200, description="New description; left out: as it was."
    )


@step("Change node")
async def change_node(node: Node, role: Role, description: str | None) -> Node:
    """Record the change."""
    node.node.role = role
    if description is not None:
        node.description = description
    return node


@modify_workflow(Node, input=ModifyNode)
def modify_node() -> StepList:
    """Change a node's role and configure its device accordingly."""
    return begin >> change_node >> retry_while_unavailable(configure_device) >> record_configuration >> done
