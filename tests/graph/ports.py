"""The ports of the tests' application: parts of nodes, to which circuits refer."""

# pyright: reportIncompatibleVariableOverride=false, reportGeneralTypeIssues=false
# A later lifecycle narrows the fields of the earlier one; pydantic validates each assignment.

from domain.model.blocks import ProductBlockModel
from domain.model.lifecycle import ACTIVE, PROVISIONING


class PortBlockInactive(ProductBlockModel, name="PortBlock"):
    name: str
    speed: int | None = None


class PortBlockProvisioning(PortBlockInactive, lifecycle=[PROVISIONING]):
    pass


class PortBlock(PortBlockProvisioning, lifecycle=[ACTIVE]):
    speed: int
