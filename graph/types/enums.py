"""The enums of the lower floors, described for GraphQL.

Strawberry keeps an enum's definition on its class, and makes one without descriptions where it finds none.
So whatever has an enum in its signature imports it from here.
"""

from collections.abc import Mapping
from enum import Enum, StrEnum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from domain.model.lifecycle import ProductStatus, SubscriptionStatus
from engine.blockers import BlockerCode
from engine.states import EngineStatus, FailureKind, ProcessStatus, StepKind, StepStatus, Target

__all__ = [
    "BlockerCode",
    "EngineStatus",
    "FailureKind",
    "ProcessStatus",
    "ProductStatus",
    "StepKind",
    "StepStatus",
    "SubscriptionStatus",
    "Target",
    "define_enum",
]

_DESCRIPTIONS: Mapping[type[StrEnum], tuple[str, Mapping[str, str]]] = {
    SubscriptionStatus: (
        "Where a subscription is in its life.",
        {
            "INITIAL": "Made, and nothing has been done for it.",
            "PROVISIONING": "Being set up.",
            "ACTIVE": "In use: everything its product needs is there.",
            "MIGRATING": "Being moved, to another product or another place.",
            "DISABLED": "Kept, but out of use.",
            "TERMINATED": "Ended, and kept for the record.",
        },
    ),
    ProductStatus: (
        "Whether a product may be sold and kept.",
        {
            "ACTIVE": "On sale.",
            "PRE_PRODUCTION": "Not yet on sale.",
            "PHASE_OUT": "No longer on sale; subscriptions are kept.",
            "END_OF_LIFE": "No longer on sale; subscriptions must end.",
        },
    ),
    ProcessStatus: (
        "Where a process stands.",
        {
            "QUEUED": "Waits for a worker.",
            "RUNNING": "A step is being carried out.",
            "SUSPENDED": "Waits for a person to fill in its form.",
            "WAITING": "A step failed and will be tried again by itself.",
            "AWAITING_CALLBACK": "Waits for a system outside to call back.",
            "ABORTING": "An abort was asked for; the step in flight is ending.",
            "ABORTED": "Ended by an abort.",
            "COMPENSATING": "Undoing what was done.",
            "FAILED": "A step failed; can be retried or aborted.",
            "COMPLETED": "All steps are done.",
        },
    ),
    StepStatus: (
        "Where one step of a process stands.",
        {
            "PENDING": "Planned, not yet begun.",
            "RUNNING": "Being carried out.",
            "SUCCESS": "Done.",
            "SKIPPED": "Left out.",
            "SUSPENDED": "Waits for a person to fill in its form.",
            "WAITING": "Failed and will be tried again by itself.",
            "AWAITING_CALLBACK": "Waits for a system outside to call back.",
            "FAILED": "Failed.",
            "ABORTED": "Ended by an abort of its process.",
        },
    ),
    StepKind: (
        "What carrying out a step means.",
        {
            "STEP": "Runs a function.",
            "INPUT": "Asks a person to fill in a form.",
            "CALLBACK": "Runs a function, then waits for a system outside to call back.",
            "SET_STATUS": "Moves the subscription to another status.",
            "RESYNC": "Marks the subscription as in sync and lets it go.",
        },
    ),
    Target: (
        "What a workflow does to its subject.",
        {
            "CREATE": "Makes a subscription.",
            "MODIFY": "Changes a subscription.",
            "TERMINATE": "Ends a subscription.",
            "VALIDATE": "Checks a subscription and changes nothing.",
            "RECONCILE": "Brings the outside world in line with a subscription.",
            "SYSTEM": "Has no subject.",
        },
    ),
    BlockerCode: (
        "Why a workflow cannot be started on a subscription.",
        {
            "NOT_IN_SYNC": "It is out of sync: a process works on it, or it has to be put right.",
            "RELATED_NOT_IN_SYNC": "One that uses it, or that it uses, is out of sync.",
            "STATUS_NOT_ADMITTED": "The workflow does not start in the subscription's status.",
            "IN_USE": "Others use it.",
        },
    ),
    FailureKind: (
        "Why a process failed, as far as a reader can act on it.",
        {
            "ERROR": "The step raised an error.",
            "INCONSISTENT_DATA": "What is recorded and what was found do not agree.",
            "API_UNAVAILABLE": "A system that is needed cannot be reached.",
            "TIMEOUT": "It took too long.",
            "WORKFLOW_CHANGED": "The next step is gone from the workflow.",
        },
    ),
    EngineStatus: (
        "Whether processes are carried out.",
        {
            "RUNNING": "Processes are carried out.",
            "PAUSING": "A pause was asked for; steps in flight are ending.",
            "PAUSED": "Nothing is carried out.",
        },
    ),
}


def define_enum(
    members: type[Enum], *, description: str, values: Mapping[str, str], name: str | None = None
) -> StrawberryEnumDefinition:
    """Gives an enum its GraphQL definition, with a description per value.

    One that it has already is completed, not replaced: fields that an application adds may hold it.
    """
    if "__strawberry_definition__" not in vars(members):
        strawberry.enum(members)
    definition: object = getattr(members, "__strawberry_definition__")  # noqa: B009  # put there by Strawberry, unknown to type checkers
    assert isinstance(definition, StrawberryEnumDefinition)
    definition.name = name or members.__name__
    definition.description = description
    for value in definition.values:
        value.description = values.get(value.name)
    return definition


for _members, (_description, _values) in _DESCRIPTIONS.items():
    define_enum(_members, description=_description, values=_values)
