"""Compare what is recorded of a circuit with what the controller has set up."""

from examples.network import network_elements
from examples.network.products import Circuit
from examples.network.services import NetworkController
from examples.network.workflows.differences import Comparison, differences
from examples.network.workflows.provisioning import ends_of
from examples.network.workflows.retrying import retry_while_unavailable
from orchestrion import InconsistentData, StepList, begin, done, step, validate_workflow


@step("Compare with controller")
async def compare_circuit(circuit: Circuit, controller: NetworkController) -> None:
    """Fail, naming each difference, unless record and network agree."""
    name = circuit.circuit.name
    found = await controller.find_circuit(name)
    if found is None:
        raise InconsistentData(f"the controller knows no circuit {name}")
    different = differences(comparisons(circuit, found))
    if different:
        raise InconsistentData(f"{name}: {'; '.join(different)}")


def comparisons(circuit: Circuit, found: network_elements.Circuit) -> list[Comparison]:
    """What is compared."""
    ends = zip(ends_of(circuit), found.ends, strict=True)
    return [
        ("capacity", circuit.circuit.capacity, found.capacity),
        ("version", circuit.circuit.circuit_version, found.version),
        *((f"end {number}", recorded, there) for number, (recorded, there) in enumerate(ends, start=1)),
    ]


@validate_workflow(Circuit)
def validate_circuit() -> StepList:
    """Check a circuit in service against the controller."""
    return begin >> retry_while_unavailable(compare_circuit) >> done
