"""Change what a node in service does."""

from pydantic import BaseModel, Field

from examples.network.products import Node
from examples.network.sites import Role
from examples.network.workflows.configuration import configure_device, record_configuration
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import StepList, begin, done, modify_workflow, step


class ModifyNode(BaseModel):
    """What shall change."""

    role: Role = Field(description="What the node shall do in the network.")


@step("Change node")
async def change_node(node: Node, role: Role) -> Node:
    """Record the change; the description follows."""
    node.node.role = role
    return node


@modify_workflow(Node, input=ModifyNode)
def modify_node() -> StepList:
    """Change a node's role and configure its device accordingly."""
    return begin >> change_node >> retry_while_unavailable(configure_device) >> record_configuration >> done
