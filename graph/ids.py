"""The ids clients see: a type's name and a UUID in one string, opaque, sortable, the same everywhere."""

from enum import StrEnum
from uuid import UUID

from domain.ids import BlockId, CustomerId, ProcessId, ProductBlockId, ProductId, SubscriptionId
from domain.type_ids import SUFFIX_LENGTH, decode_suffix, type_id
from graph.errors import GraphError

LONGEST_SHOWN = 80


class IdKind(StrEnum):
    """The types that have ids; the value is the prefix."""

    PRODUCT = "product"
    PRODUCT_BLOCK = "productblock"
    SUBSCRIPTION = "subscription"
    BLOCK = "block"
    WORKFLOW = "workflow"
    PROCESS = "process"
    STEP = "step"
    CUSTOMER = "customer"


class InvalidId(GraphError):
    """An id is not one, or not of the type that was asked for."""

    code = "INVALID_ID"


def encode_id(kind: IdKind, value: UUID) -> str:
    """Gives the id of a row."""
    return type_id(kind.value, value)


def public_subscription_id(subscription_id: SubscriptionId) -> str:
    """Gives the id of a subscription."""
    return encode_id(IdKind.SUBSCRIPTION, subscription_id)


def public_process_id(process_id: ProcessId) -> str:
    """Gives the id of a process."""
    return encode_id(IdKind.PROCESS, process_id)


def step_id(process_id: ProcessId, key: str) -> str:
    """Gives the id of a step, planned or executed: it is derived from its process and its key."""
    return f"{type_id(IdKind.STEP.value, process_id)}_{key}"


def workflow_id(name: str) -> str:
    """Gives the id of a workflow, which is known by its name."""
    return f"{IdKind.WORKFLOW.value}_{name}"


def customer_node_id(customer_id: CustomerId) -> str:
    """Gives the id of a customer, who is known by what the directory calls them: any text but none at all."""
    return f"{IdKind.CUSTOMER.value}_{customer_id}"


def kind_of(text: str) -> IdKind:
    """Gives the type an id is of.

    Raises:
        InvalidId: The prefix is none of ours.
    """
    prefix = text.partition("_")[0]
    try:
        return IdKind(prefix)
    except ValueError:
        expected = ", ".join(f"{kind.value}_…" for kind in IdKind)
        raise InvalidId(f"'{_shown(text)}' is no id: expected one of {expected}.") from None


def parse_process_id(text: str) -> ProcessId:
    """Reads the id of a process; raises InvalidId."""
    return ProcessId(_parse(text, IdKind.PROCESS))


def parse_subscription_id(text: str) -> SubscriptionId:
    """Reads the id of a subscription; raises InvalidId."""
    return SubscriptionId(_parse(text, IdKind.SUBSCRIPTION))


def parse_product_id(text: str) -> ProductId:
    """Reads the id of a product; raises InvalidId."""
    return ProductId(_parse(text, IdKind.PRODUCT))


def parse_product_block_id(text: str) -> ProductBlockId:
    """Reads the id of a product block; raises InvalidId."""
    return ProductBlockId(_parse(text, IdKind.PRODUCT_BLOCK))


def parse_block_id(text: str) -> BlockId:
    """Reads the id of a block; raises InvalidId."""
    return BlockId(_parse(text, IdKind.BLOCK))


def parse_step_id(text: str) -> tuple[ProcessId, str]:
    """Reads the id of a step: its process and its key; raises InvalidId."""
    rest = _suffix(text, IdKind.STEP)
    suffix, separator, key = rest[:SUFFIX_LENGTH], rest[SUFFIX_LENGTH : SUFFIX_LENGTH + 1], rest[27:]
    if separator != "_" or not key:
        raise InvalidId(f"'{_shown(text)}' is not the id of a step: expected step_(process)_(key).")
    return ProcessId(_decode_suffix(suffix, text, IdKind.STEP)), key


def parse_workflow_id(text: str) -> str:
    """Reads the id of a workflow: its name; raises InvalidId."""
    return _suffix(text, IdKind.WORKFLOW)


def parse_customer_id(text: str) -> CustomerId:
    """Reads the id of a customer; raises InvalidId."""
    rest = _suffix(text, IdKind.CUSTOMER)
    if not rest:
        raise InvalidId(f"'{text}' is not the id of a customer: expected customer_ and what it is called.")
    return CustomerId(rest)


def _parse(text: str, kind: IdKind) -> UUID:
    return _decode_suffix(_suffix(text, kind), text, kind)


def _suffix(text: str, kind: IdKind) -> str:
    prefix, _, suffix = text.partition("_")
    if prefix != kind.value:
        raise InvalidId(f"'{_shown(text)}' is not the id of a {kind.value}: expected {kind.value}_….")
    return suffix


def _decode_suffix(suffix: str, text: str, kind: IdKind) -> UUID:
    value = decode_suffix(suffix)
    if value is not None:
        return value
    raise InvalidId(
        f"'{_shown(text)}' is not the id of a {kind.value}: expected {kind.value}_ and 26 characters "
        "of Crockford's base 32 in lower case."
    )


def _shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
