"""The application: `ORCHESTRION_APP=examples.network.app:app`."""

from examples.network.products import CATALOG
from examples.network.services import NetworkController, network_controller
from examples.network.workflows.create_circuit import create_circuit
from examples.network.workflows.create_node import create_node
from examples.network.workflows.create_port import create_port
from examples.network.workflows.modify_circuit import modify_circuit
from examples.network.workflows.modify_node import modify_node
from examples.network.workflows.modify_port import modify_port
from examples.network.workflows.terminate_circuit import terminate_circuit
from examples.network.workflows.terminate_node import terminate_node
from examples.network.workflows.terminate_port import terminate_port
from examples.network.workflows.validate_circuit import validate_circuit
from examples.network.workflows.validate_node import validate_node
from examples.network.workflows.validate_port import validate_port
from orchestrion import Application, Companion, Registry

app = Application(
    catalog=CATALOG,
    registry=Registry(
        workflows=[
            create_node,
            modify_node,
            terminate_node,
            validate_node,
            create_port,
            modify_port,
            terminate_port,
            validate_port,
            create_circuit,
            modify_circuit,
            terminate_circuit,
            validate_circuit,
        ],
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
    graph="examples.network.graph_extension:EXTENSION",
)
