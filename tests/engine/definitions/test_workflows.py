"""What a decorated workflow is, and which steps its decorator adds."""

from collections.abc import Awaitable, Callable
from typing import TypedDict

import pytest
from pydantic import BaseModel

from domain.model.lifecycle import ACTIVE, PROVISIONING, SubscriptionStatus
from engine.definition_errors import DuplicateStepKey, InvalidWorkflow, ReservedName
from engine.errors import DefinitionError, WorkflowChanged
from engine.pages import Ask
from engine.states import StepKind, Target
from engine.step_lists import StepList, begin, done
from engine.steps import retry, step
from engine.workflow_decorators import (
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
    workflow,
)
from engine.workflows import Workflow
from tests.engine.definitions.catalog import Link, Port, PortInactive, PortProvisioning, active_port, new_port
from tests.parity import parity


class CreatePort(BaseModel):
    """A new port."""

    speed: int


class Asked(TypedDict):
    speed: int


@step("Construct port")
async def construct() -> PortInactive:
    """Make the port."""
    return new_port()


@step("Configure port")
async def configure(port: PortInactive) -> None: ...


def steps() -> StepList:
    """Do what there is to do."""
    return begin >> construct >> configure >> done


async def ask_speed(ask: Ask) -> Asked: ...
async def ask_port(ask: Ask) -> CreatePort: ...


@parity("WE-23")
@parity("WE-24")
@parity("WE-25")
@parity("WE-26")
@parity("WE-27")
@parity("WE-28")
@parity("WE-29")
@parity("WE-30")
@pytest.mark.parametrize(
    ("decorator", "target", "added", "is_task"),
    [
        (create_workflow(Port), Target.CREATE, ["set_status", "resync"], False),
        (modify_workflow(Port), Target.MODIFY, ["resync"], False),
        (terminate_workflow(Port), Target.TERMINATE, ["set_status", "resync"], False),
        (validate_workflow(Port), Target.VALIDATE, ["resync"], True),
        (reconcile_workflow(Port), Target.RECONCILE, ["resync"], False),
        (task(), Target.SYSTEM, [], True),
        (workflow(), Target.SYSTEM, [], False),
        (workflow(target=Target.MODIFY, model=Port), Target.MODIFY, ["resync"], False),
    ],
)
def test_a_decorator_adds_the_steps_of_its_target(
    decorator: Callable[[Callable[[], StepList]], Workflow],
    target: Target,
    added: list[str],
    *,
    is_task: bool,
) -> None:
    decorated = decorator(steps)

    assert (decorated.name, decorated.description) == ("steps", "Do what there is to do.")
    assert (decorated.target, decorated.is_task) == (target, is_task)
    assert [each.key for each in decorated.steps] == ["construct", "configure", *added]


def test_the_added_steps_say_what_they_do() -> None:
    *_, set_status, resync = create_workflow(Port, status=PROVISIONING)(steps).steps

    assert (set_status.name, set_status.kind) == ("Set status PROVISIONING", StepKind.STEP)
    assert (resync.name, resync.kind) == ("Mark in sync", StepKind.RESYNC)


@parity("WE-30")
@pytest.mark.parametrize(("status", "model"), [(PROVISIONING, PortProvisioning), (ACTIVE, Port)])
async def test_set_status_gives_the_subject_in_the_class_of_its_new_status(
    status: SubscriptionStatus, model: type[PortInactive]
) -> None:
    port = new_port()
    set_status = create_workflow(Port, status=status)(steps).step("set_status")

    moved = await run(set_status.function, port=port)

    assert (type(moved), moved.status, moved.id) == (model, status, port.id)


async def test_set_status_leaves_a_subject_that_is_there_already() -> None:
    port = active_port()
    set_status = create_workflow(Port)(steps).step("set_status")

    assert await run(set_status.function, port=port) is port


async def run(function: Callable[..., object], *, port: PortInactive) -> PortInactive:
    result = function(port=port)
    assert isinstance(result, Awaitable)
    moved: object = await result  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
    assert isinstance(moved, PortInactive)
    return moved


def test_the_input_comes_from_the_model_or_else_from_the_wizard() -> None:
    by_model = create_workflow(Port, input=CreatePort, form=ask_port)(steps)
    by_wizard = create_workflow(Port, form=ask_speed)(steps)
    by_nothing = create_workflow(Port)(steps)

    assert (list(by_model.inputs), by_model.input_model) == (["speed"], CreatePort)
    assert (list(by_wizard.inputs), by_wizard.input_model) == (["speed"], None)
    assert (list(by_nothing.inputs), by_nothing.form) == ([], None)
    assert [each.has_static_input for each in (by_model, by_wizard, by_nothing)] == [True, False, True]


def test_steps_are_found_by_key() -> None:
    create_port = create_workflow(Port)(steps)

    assert create_port.step("configure") is configure
    assert create_port.position("configure") == 1
    assert create_port.next_after("construct") is configure
    assert create_port.next_after("resync") is None


@parity("W-16")
def test_a_key_that_is_gone_is_a_changed_workflow() -> None:
    with pytest.raises(WorkflowChanged, match="workflow 'steps' has no step 'reserve' any more"):
        create_workflow(Port)(steps).step("reserve")


def test_the_fingerprint_is_of_keys_and_kinds_in_order() -> None:
    def fingerprint(list_of_steps: StepList) -> str:
        @task()
        def listed() -> StepList:
            return list_of_steps

        return listed.fingerprint

    same = fingerprint(begin >> construct >> retry(configure, attempts=2) >> done)

    assert len(same) == 16
    assert fingerprint(begin >> construct >> configure >> done) == same
    assert fingerprint(begin >> configure >> construct >> done) != same
    assert fingerprint(begin >> construct >> done) != same
    assert fingerprint(begin >> construct >> configure.with_key("configured") >> done) != same


def unfinished() -> object:
    def create_port() -> object:
        return begin >> construct

    return workflow()(create_port)  # pyright: ignore[reportArgumentType]  # wrong on purpose


def nameless() -> object:
    return workflow()(lambda: begin >> done)


def forgotten_return() -> object:
    def create_port() -> None: ...

    return workflow()(create_port)  # pyright: ignore[reportArgumentType]  # wrong on purpose


def same_step_twice() -> object:
    @workflow()
    def twice() -> StepList:
        return begin >> configure >> configure >> done

    return twice


def own_step_with_the_key_of_an_added_one() -> object:
    @modify_workflow(Port)
    def modify() -> StepList:
        return begin >> configure.with_key("resync") >> done

    return modify


def create_without_model() -> object:
    return workflow(target=Target.CREATE)(steps)


def system_with_model() -> object:
    return workflow(model=Port)(steps)


def form_that_gives_something_else() -> object:
    return create_workflow(Port, input=CreatePort, form=ask_speed)(steps)


def reserved_input() -> object:
    class Input(BaseModel):
        product: str

    return create_workflow(Port, input=Input)(steps)


def input_named_like_the_subject() -> object:
    class Input(BaseModel):
        port: str

    return modify_workflow(Port, input=Input)(steps)


def subscription_as_input() -> object:
    class Input(BaseModel):
        link: Link

    return modify_workflow(Port, input=Input)(steps)


@parity("WE-01", mends="names")
@parity("WE-05", mends="no-end")
@pytest.mark.parametrize(
    ("definition", "error", "message"),
    [
        (
            unfinished,
            InvalidWorkflow,
            (
                "workflow 'create_port': expected `begin >> ... >> done`, found OpenStepList; is its "
                "`return` or its `done` missing?"
            ),
        ),
        (
            nameless,
            InvalidWorkflow,
            "workflow '<lambda>': expected a name of letters, digits and underscores",
        ),
        (
            forgotten_return,
            InvalidWorkflow,
            (
                "workflow 'create_port': expected `begin >> ... >> done`, found NoneType; is its "
                "`return` or its `done` missing?"
            ),
        ),
        (
            same_step_twice,
            DuplicateStepKey,
            "workflow 'twice' has two steps with the key 'configure'; rename one with step.with_key(...)",
        ),
        (
            own_step_with_the_key_of_an_added_one,
            DuplicateStepKey,
            "workflow 'modify' has two steps with the key 'resync'; rename one with step.with_key(...)",
        ),
        (
            create_without_model,
            InvalidWorkflow,
            "workflow 'steps': found the target CREATE without a model",
        ),
        (system_with_model, InvalidWorkflow, "workflow 'steps': found the target SYSTEM with a model"),
        (
            form_that_gives_something_else,
            InvalidWorkflow,
            "workflow 'steps': its form gives Asked, expected its input CreatePort",
        ),
        (
            reserved_input,
            ReservedName,
            (
                f"{__name__}.reserved_input.<locals>.Input gives a value named 'product', which is "
                "reserved: the product that was chosen at the start"
            ),
        ),
        (
            input_named_like_the_subject,
            ReservedName,
            (
                f"{__name__}.input_named_like_the_subject.<locals>.Input gives a value named 'port', "
                "which is reserved: the subscription workflow 'steps' is about"
            ),
        ),
        (
            subscription_as_input,
            InvalidWorkflow,
            "workflow 'steps': its input 'link' is a subscription; take its id instead",
        ),
    ],
)
def test_a_workflow_that_contradicts_itself_is_refused_when_it_is_declared(
    definition: Callable[[], object], error: type[DefinitionError], message: str
) -> None:
    with pytest.raises(error) as refused:
        definition()

    assert str(refused.value) == message
