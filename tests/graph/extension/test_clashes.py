"""Names of an application that clash: whatever two things they are of, both are named."""

from collections.abc import Callable
from enum import Enum, StrEnum

import pytest
from pydantic import BaseModel, create_model

from domain.model.catalog import Catalog
from engine.workflows import Workflow
from tests.graph.extension.made import block, blocks, catalog, model, refusal, workflow
from tests.parity import parity

A_CLASS = "expected a name that a class can have."
NO_NAME = "is no name in GraphQL: expected letters, digits and _."
OTHER = "expected another name for one that is the application's."


def types(name: str, *sides: str) -> str:
    """What is said of two types of one name."""
    return f"found two types {name}: {', and '.join(sides)}: {OTHER}"


def filters(name: str, *sides: str) -> str:
    """What is said of two types of one name, one of which is a filter."""
    return f"found two types {name}, for {' and for '.join(sides)}: expected another name for one of them."


def of_block(name: str) -> str:
    """The type of a block."""
    return f'the type that is made for "A block {name}, in whatever status it is."'


def own(kind: str, description: str) -> str:
    """A type that every application has."""
    return f'the schema\'s own {kind} ("{description}")'


class ProcessStatus(StrEnum):
    """Not the schema's own."""

    DONE = "done"


class Port(StrEnum):
    """Not a block."""

    LEFT = "left"


Word = Enum("Word", {"true": "yes"})


def record(name: str, **fields: type) -> type[BaseModel]:
    """A value object, or an input; with a size if no fields are given."""
    given: dict[str, object] = {field: (kind, ...) for field, kind in (fields or {"size": int}).items()}
    return create_model(name, **given)  # pyright: ignore[reportCallIssue, reportArgumentType, reportUnknownVariableType]  # fields known at run time only


CLASHES: dict[str, tuple[Callable[[], Catalog], str]] = {
    "a block and a type": (
        lambda: blocks(block("Engine")),
        types("Engine", of_block("Engine"), own("type", "The engine as a whole.")),
    ),
    "a block and an interface": (
        lambda: blocks(block("Node")),
        types("Node", own("interface", "Everything that has an id of its own."), of_block("Node")),
    ),
    "a block and a root type": (
        lambda: blocks(block("Query")),
        types("Query", 'the type that is made for "What can be asked."', of_block("Query")),
    ),
    "a block and a union": (
        lambda: blocks(block("StartWorkflowResult")),
        types(
            "StartWorkflowResult",
            of_block("StartWorkflowResult"),
            'the union that is made for "What comes of starting a workflow by its pages."',
        ),
    ),
    "a block and an enum": (
        lambda: blocks(block("StepStatus")),
        types("StepStatus", of_block("StepStatus"), own("enum", "Where one step of a process stands.")),
    ),
    "a block and a scalar of GraphQL that nothing uses": (
        lambda: blocks(block("Float")),
        (
            f"found two types Float: the scalar of GraphQL itself, and {of_block('Float')}: "
            "expected another name for the application's."
        ),
    ),
    "a block and the filter of processes": (
        lambda: blocks(block("Process")),
        filters("ProcessWhere", "the block Process", "processes"),
    ),
    "a block and an operator": (
        lambda: blocks(block("StringFilter")),
        filters("StringFilter", "what the application calls StringFilter", "a value of type String"),
    ),
    "a block and the filter of another": (
        lambda: blocks(block("Port"), block("PortWhere")),
        filters("PortWhere", "what the application calls PortWhere", "the block Port"),
    ),
    "a block and the filter of a subscription": (
        lambda: catalog(model("Link", link=block("LinkSubscription"))),
        filters("LinkSubscriptionWhere", "the block LinkSubscription", "subscriptions Link"),
    ),
    "a block and the active form of a subscription": (
        lambda: catalog(model("Link", link=block("Link"))),
        types(
            "ActiveLink",
            'the type that is made for "What a subscription of a product Link must have to be active."',
            'the type that is made for "What a block Link must have to be active."',
        ),
    ),
    "a block and a value object": (
        lambda: blocks(block("Port", size=record("Port"))),
        types("Port", of_block("Port"), 'the type that is made for "A value Port."'),
    ),
    "a subscription and the interface of all": (
        lambda: catalog(model("Product")),
        types(
            "ProductSubscription",
            'the type that is made for "A subscription of a product Product, in whatever status it is."',
            own(
                "interface",
                "What a customer holds of a product. Its type beside this has its blocks, typed.",
            ),
        ),
    ),
    "an enum of the application and one of ours": (
        lambda: blocks(block("A", status=ProcessStatus)),
        types(
            "ProcessStatus",
            f"the enum of {__name__}.ProcessStatus",
            own("enum", "Where a process stands."),
        ),
    ),
    "a value object and a type": (
        lambda: blocks(block("A", place=record("Workflow"))),
        types(
            "Workflow",
            own("type", "What a process carries out: steps in order."),
            'the type that is made for "A value Workflow."',
        ),
    ),
    "two fields of a block": (
        lambda: blocks(block("A", rack_no=int, rackNo=int)),
        (
            "A: found two fields rackNo, rack_no (The rack no of the A.) and rackNo (The rackNo of the A.): "
            f"{OTHER}"
        ),
    ),
    "two fields of a subscription": (
        lambda: catalog(model("Link", end_a=block("A"), endA=block("B"))),
        (
            "LinkSubscription: found two fields endA, end_a (The end a of the Link: block A.) and endA (The "
            f"endA of the Link: block B.): {OTHER}"
        ),
    ),
    "a field of a subscription and one that all have": (
        lambda: catalog(model(customer=block())),
        "subscription Link: the name 'customer' is taken by every subscription: expected another name.",
    ),
    "a field of a block and one that all have": (
        lambda: blocks(block("A", block_name=str)),
        "block A: the name 'blockName' is taken by every block: expected another name.",
    ),
    "a member of an enum and a word of GraphQL": (
        lambda: blocks(block("A", word=Word)),
        (
            f"the enum of {__name__}.Word: found the member true, which stands for a value in GraphQL: "
            "expected another name."
        ),
    ),
}
WORKFLOWS: dict[str, tuple[Callable[[], list[Workflow]], str]] = {
    "two workflows": (
        lambda: [workflow("set_it"), workflow("setIt")],
        (
            "found two mutations setIt, of the workflow set_it and of the workflow setIt: expected "
            "another name for the workflow."
        ),
    ),
    "a workflow and a mutation": (
        lambda: [workflow("start_workflow")],
        (
            "found two mutations startWorkflow, of every application and of the workflow start_workflow: "
            "expected another name for the workflow."
        ),
    ),
    "an input and a block": (
        lambda: [workflow("go", record("Go"))],
        types("GoInput", of_block("GoInput"), 'the input that is made for "What starts go: "'),
    ),
    "two inputs": (
        lambda: [workflow("go_on", record("A")), workflow("go_there", record("B", it=record("GoOn")))],
        f"found two inputs GoOnInput, engine.start_input.AStart and {__name__}.GoOn: expected one.",
    ),
    "two fields of an input": (
        lambda: [workflow("set_it", record("A", rack_no=int, rackNo=int))],
        f"SetItInput: found two fields rackNo, rack_no (The rack no.) and rackNo (The rackNo.): {OTHER}",
    ),
}


@pytest.mark.parametrize("kind", CLASHES)
@parity("GQ-08")
def test_models_whose_names_clash_are_refused(kind: str) -> None:
    made, told = CLASHES[kind]

    assert refusal(made()) == told


@pytest.mark.parametrize("kind", WORKFLOWS)
@parity("GQ-08")
def test_workflows_whose_names_clash_are_refused(kind: str) -> None:
    made, told = WORKFLOWS[kind]

    assert refusal(blocks(block("GoInput")), made()) == told


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (
            lambda: blocks(block("LinkBlock", **{"class": int})),
            f"LinkBlock: found a field 'class', {A_CLASS}",
        ),
        (lambda: blocks(block(é=int)), f"LinkBlock.é: 'é' {NO_NAME}"),
        (
            lambda: blocks(block("LinkBlock", **{"1a": block("Inner")})),
            f"LinkBlock: found a field '1a', {A_CLASS}",
        ),
        (lambda: blocks(block(size=record("Size", **{"in": int}))), f"Size: found a field 'in', {A_CLASS}"),
    ],
)
def test_a_model_with_a_field_that_cannot_be_named_is_refused(made: Callable[[], Catalog], told: str) -> None:
    assert refusal(made()) == told


def test_an_input_with_a_field_that_cannot_be_named_is_refused() -> None:
    assert refusal(catalog(), [workflow("move", record("Move", **{"from": int}))]) == (
        f"MoveInput: found a field 'from', {A_CLASS}"
    )
