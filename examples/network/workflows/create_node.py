"""Build a node: reserve its place, configure it, and have a person confirm that it works."""

from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from examples.network.products import Node, NodeInactive, NodeProvisioning
from examples.network.services import NetworkController
from examples.network.sites import SITES, Role, Site
from examples.network.workflows.configuration import configure_device, record_configuration
from examples.network.workflows.confirmation import ConfirmationPage, Confirmed
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import (
    Ask,
    CustomerId,
    FormPage,
    Product,
    StepContext,
    StepList,
    begin,
    create_workflow,
    done,
    input_step,
    step,
)

Hostname = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
RehearsalFaults = Annotated[int, Field(ge=0, le=100)]


class CreateNode(BaseModel):
    """What is needed to build a node."""

    hostname: Hostname = Field(description="Name of the device: lower case letters, digits and hyphens.")
    site: Site = Field(description="Where it shall stand.")
    row: str = Field(description="Row of racks within the site.")
    role: Role = Field(default=Role.ACCESS, description="What it shall do in the network.")
    rehearsal_faults: RehearsalFaults = Field(
        default=0,
        description="For rehearsals: how often the controller shall fail to reserve the node's place.",
    )

    @model_validator(mode="after")
    def row_belongs_to_site(self) -> Self:
        """Refuse a row of another site."""
        check_row(self.row, self.site)
        return self


def check_row(row: str, site: Site) -> str:
    """The row, if the site has it."""
    rows = SITES[site].rows
    if row not in rows:
        raise ValueError(f"{site} has no row {row!r}; expected one of {', '.join(rows)}")
    return row


class DevicePage(FormPage):
    """The first page: which device, and where."""

    model_config = ConfigDict(title="Device")

    hostname: Hostname = Field(description="Name of the device: lower case letters, digits and hyphens.")
    site: Site = Field(description="Where it shall stand.")
    role: Role = Field(default=Role.ACCESS, description="What it shall do in the network.")


class PlacementPage(FormPage, last=True):
    """The second page: where exactly."""

    model_config = ConfigDict(title="Placement")

    row: str = Field(description="Row of racks within the site.")


def placement_page(site: Site) -> type[PlacementPage]:
    """The second page, which offers the rows of the site that was chosen on the first."""

    def of_this_site(row: str) -> str:
        return check_row(row, site)

    class PlacementAtSite(PlacementPage):
        row: Annotated[str, AfterValidator(of_this_site)] = Field(
            description=f"Row of racks in {site.capitalize()}.",
            json_schema_extra={"enum": list(SITES[site].rows)},
        )

    return PlacementAtSite


async def node_wizard(ask: Ask) -> CreateNode:
    """Ask a person for a node, page by page."""
    device = await ask(DevicePage)
    placement = await ask(placement_page(device.site))
    return CreateNode(hostname=device.hostname, site=device.site, role=device.role, row=placement.row)


@step("Construct subscription")
async def construct_node(
    product: Product, customer_id: CustomerId, *, hostname: str, site: Site, row: str, role: Role
) -> NodeProvisioning:
    """Set up the node as it was asked for."""
    node = NodeInactive.new(product=product, customer_id=customer_id)
    node.node.hostname = hostname
    node.node.site = site
    node.node.row = row
    node.node.role = role
    return node.transition(NodeProvisioning)


@step("Reserve rack position and address")
async def reserve_place(
    node: NodeProvisioning, controller: NetworkController, context: StepContext, rehearsal_faults: int
) -> NodeProvisioning:
    """Have the controller give the device a position in its row and a management address."""
    device = await controller.reserve(
        node.node.hostname,
        row=node.node.row,
        prefix=SITES[node.node.site].management_prefix,
        refusals=rehearsal_faults,
        idempotency_key=context.idempotency_key,
    )
    node.node.rack_position = device.rack_position
    node.node.management.address = device.management_address
    node.node.management.prefix = device.management_prefix
    return node


class InstallationPage(ConfirmationPage, last=True):
    """Whoever installed the node says that it works."""

    model_config = ConfigDict(title="Confirm installation")


@input_step("Confirm installation", assignee="Field engineering")
async def confirm_installation(ask: Ask) -> Confirmed:
    """Wait for a person to confirm that the node works."""
    page = await ask(InstallationPage)
    return {"remark": page.remark}


@create_workflow(Node, input=CreateNode, form=node_wizard)
def create_node() -> StepList:
    """Build a node and put it into service."""
    return (
        begin
        >> construct_node
        >> retry_while_unavailable(reserve_place)
        >> retry_while_unavailable(configure_device)
        >> record_configuration
        >> confirm_installation
        >> done
    )
