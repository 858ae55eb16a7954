"""The application: `ORCHESTRION_APP=examples.network.app:app`."""

from examples.network.products import CATALOG
from examples.network.services import NetworkController, network_controller
from examples.network.workflows.create_node import create_node
from examples.network.workflows.modify_node import modify_node
from examples.network.workflows.terminate_node import terminate_node
from examples.network.workflows.validate_node import validate_node
from orchestrion import Application, Companion, Registry

app = Application(
    catalog=CATALOG,
    registry=Registry(
        workflows=[create_node, modify_node, terminate_node, validate_node],
        services={NetworkController: network_controller},
    ),
    companions=(
        Companion(
            name="network controller",
            module="examples.network.controller",
            url_setting="NETWORK_CONTROLLER_URL",
            arguments=("--state", "{data}/network-controller.json"),
        ),
    ),
)
