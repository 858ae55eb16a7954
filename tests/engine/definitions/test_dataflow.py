"""Every step gets what it needs, or the registry says which one does not."""

from contextlib import AbstractAsyncContextManager
from typing import NotRequired, TypedDict

import pytest
from pydantic import BaseModel

from domain.ids import CustomerId
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ProductStatus
from engine.context import CallbackContext, StepContext
from engine.definition_errors import InvalidWorkflow, MissingInput, ReservedName, TypeMismatch
from engine.pages import Ask
from engine.registry import Registry
from engine.step_lists import OpenStepList, StepList, begin, done
from engine.steps import callback_step, input_step, retry, step
from engine.workflow_decorators import (
    create_workflow,
    modify_workflow,
    reconcile_workflow,
    task,
    terminate_workflow,
    validate_workflow,
)
from engine.workflows import Workflow
from tests.engine.definitions.catalog import CATALOG, Link, Port, PortInactive, PortProvisioning, product
from tests.parity import parity


class Inventory:
    pass


def open_inventory() -> AbstractAsyncContextManager[object]:
    raise NotImplementedError


class PortInput(BaseModel):
    speed: int
    remark: str | None = None


class Reserved(TypedDict):
    rack_position: str


class Perhaps(TypedDict):
    rack_position: NotRequired[str]


class Other(TypedDict):
    rack_position: NotRequired[int]


class Shadowing(TypedDict):
    inventory: str


class Measured(BaseModel):
    loss: float


@step("Construct")
async def construct(product: Product, customer_id: CustomerId, speed: int) -> PortInactive: ...
@step("Reserve")
async def reserve(port: PortProvisioning, inventory: Inventory, ctx: StepContext) -> Reserved: ...
@step("Reserve perhaps")
async def perhaps() -> Perhaps: ...
@step("Reserve otherwise")
async def otherwise() -> Other: ...
@step("Use")
async def use(rack_position: str) -> None: ...
@step("Use if there")
async def use_if_there(rack_position: str | None, row: str = "") -> None: ...
@step("Use number")
async def use_number(rack_position: int) -> None: ...
@step("Use misspelt")
async def use_misspelt(rack_positon: str) -> None: ...
@step("Use either")
async def use_either(rack_position: str | int) -> None: ...
@step("Use link")
async def use_link(port: Link) -> None: ...
@step("Use loss")
async def use_loss(loss: float) -> None: ...
@step("Use customer")
async def use_customer(customer_id: CustomerId) -> None: ...
@step("Ask for URL")
async def use_url(ctx: CallbackContext) -> None: ...
@callback_step("Measure", Measured)
async def measure(ctx: CallbackContext, port: Port) -> None: ...
@input_step("Confirm", "NOC")
async def confirm(ask: Ask, port: PortInactive, rack_position: str) -> Reserved: ...
@input_step("Confirm with inventory", "NOC")
async def confirm_with_inventory(ask: Ask, inventory: Inventory) -> Reserved: ...
@input_step("Confirm with context", "NOC")
async def confirm_with_context(ask: Ask, ctx: StepContext) -> Reserved: ...
@step("Take product name")
async def take_product_name(product: str) -> None: ...
@step("Shadow")
async def shadow() -> Shadowing: ...
async def wizard(ask: Ask, product: Product, customer_id: str) -> PortInput: ...
async def wizard_with_inventory(ask: Ask, inventory: Inventory) -> PortInput: ...
async def wizard_with_port(ask: Ask, port: Port, customer_id: CustomerId) -> PortInput: ...


def create(steps: OpenStepList) -> Workflow:
    @create_workflow(Port, input=PortInput)
    def create_port() -> StepList:
        return begin >> construct >> steps >> done

    return create_port


def modify(steps: OpenStepList) -> Workflow:
    @modify_workflow(Port, input=PortInput)
    def modify_port() -> StepList:
        return steps >> done

    return modify_port


def run(steps: OpenStepList) -> Workflow:
    @task()
    def clean_up() -> StepList:
        return steps >> done

    return clean_up


def construct_port() -> StepList:
    return begin >> construct >> done


def do_nothing() -> StepList:
    return begin >> done


def use_customer_alone() -> StepList:
    return begin >> use_customer >> done


def check(workflow: Workflow, catalog: Catalog = CATALOG) -> None:
    Registry([workflow], {Inventory: open_inventory}).check(catalog)


@pytest.mark.parametrize(
    "workflow",
    [
        create(begin),
        create(begin >> retry(reserve) >> confirm >> use),
        create(begin >> measure >> use_loss),
        create(begin >> use_if_there),
        create(begin >> perhaps >> use_if_there),
        create(begin >> reserve >> perhaps >> use),
        create(begin >> reserve >> otherwise >> use_either),
        modify(begin >> reserve >> use),
        run(begin >> perhaps),
        create(begin >> use_customer),
        modify(begin >> use_customer),
        terminate_workflow(Port)(do_nothing),
        terminate_workflow(Port)(use_customer_alone),
        validate_workflow(Port)(use_customer_alone),
        reconcile_workflow(Port)(use_customer_alone),
        create_workflow(Port, input=PortInput, form=wizard)(construct_port),
        modify_workflow(Port, input=PortInput, form=wizard_with_port)(do_nothing),
    ],
)
def test_a_workflow_whose_steps_get_what_they_need_is_accepted(workflow: Workflow) -> None:
    check(workflow)


@parity("WE-19")
@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        (
            create(begin >> use),
            (
                "workflow 'create_port', step 'use': parameter 'rack_position' needs str, but nothing"
                " before it gives that (available: customer_id, port, product, remark, speed)"
            ),
        ),
        (
            create(begin >> use >> reserve),
            (
                "workflow 'create_port', step 'use': parameter 'rack_position' needs str, but nothing"
                " before it gives that (available: customer_id, port, product, remark, speed)"
            ),
        ),
        (
            modify(begin >> reserve >> use_misspelt),
            (
                "workflow 'modify_port', step 'use_misspelt': parameter 'rack_positon' needs str, but"
                " nothing before it gives that; did you mean rack_position? (available: customer_id, "
                "port, rack_position, remark, speed)"
            ),
        ),
        (
            modify(begin >> perhaps >> use),
            (
                "workflow 'modify_port', step 'use': parameter 'rack_position' needs str, but step "
                "'perhaps' gives it only sometimes (available: customer_id, port, rack_position, remark, "
                "speed)"
            ),
        ),
        (
            modify(begin >> construct),
            (
                "workflow 'modify_port', step 'construct': parameter 'product' needs Product, but "
                "nothing before it gives that (available: customer_id, port, remark, speed)"
            ),
        ),
        (
            run(begin >> use),
            (
                "workflow 'clean_up', step 'use': parameter 'rack_position' needs str, but nothing "
                "before it gives that (available: nothing)"
            ),
        ),
        (
            run(begin >> use_url),
            (
                "workflow 'clean_up', step 'use_url': parameter 'ctx' needs CallbackContext, but only"
                " a callback step has that (available: nothing)"
            ),
        ),
        (
            run(begin >> confirm_with_inventory),
            (
                "workflow 'clean_up', step 'confirm_with_inventory': parameter 'inventory' needs "
                "Inventory, but a form takes values of the state only (available: nothing)"
            ),
        ),
        (
            run(begin >> confirm_with_context),
            (
                "workflow 'clean_up', step 'confirm_with_context': parameter 'ctx' needs StepContext,"
                " but a form takes values of the state only (available: nothing)"
            ),
        ),
        (
            create_workflow(Port, input=PortInput, form=wizard_with_inventory)(construct_port),
            (
                "workflow 'construct_port', step 'wizard_with_inventory': parameter 'inventory' needs "
                "Inventory, but a form takes values of the state only (available: customer_id, "
                "product)"
            ),
        ),
        (
            create_workflow(Port, input=PortInput)(do_nothing),
            (
                "workflow 'do_nothing', step 'set_status': parameter 'port' needs PortInactive, but "
                "nothing before it gives that (available: customer_id, product, remark, speed)"
            ),
        ),
    ],
)
def test_a_step_that_lacks_something_is_named_with_what_there_is(workflow: Workflow, message: str) -> None:
    with pytest.raises(MissingInput) as refused:
        check(workflow)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("workflow", "message"),
    [
        (
            create(begin >> reserve >> use_number),
            (
                "workflow 'create_port', step 'use_number': parameter 'rack_position' expects int, "
                "but step 'reserve' gives str"
            ),
        ),
        (
            create(begin >> reserve >> otherwise >> use),
            (
                "workflow 'create_port', step 'use': parameter 'rack_position' expects str, but step "
                "'otherwise' gives str | int"
            ),
        ),
        (
            create(begin >> use_link),
            (
                "workflow 'create_port', step 'use_link': parameter 'port' expects Link, but step "
                "'construct' gives PortInactive"
            ),
        ),
        (
            create(begin >> take_product_name),
            (
                "workflow 'create_port', step 'take_product_name': parameter 'product' expects str, "
                "but the start gives Product"
            ),
        ),
        (
            modify(begin >> use_link),
            (
                "workflow 'modify_port', step 'use_link': parameter 'port' expects Link, but the "
                "start gives PortInactive"
            ),
        ),
    ],
)
def test_a_step_that_gets_another_type_is_named_with_who_gives_it(workflow: Workflow, message: str) -> None:
    with pytest.raises(TypeMismatch) as refused:
        check(workflow)

    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("catalog", "message"),
    [
        (Catalog([]), "workflow 'create_port': no product of the catalogue has the model Port"),
        (
            Catalog([product("Old port", status=ProductStatus.PHASE_OUT)]),
            "workflow 'create_port': every product with the model Port is at the end of its life",
        ),
    ],
)
def test_a_workflow_without_a_product_it_could_be_about_is_refused(catalog: Catalog, message: str) -> None:
    with pytest.raises(InvalidWorkflow) as refused:
        check(create(begin), catalog)

    assert str(refused.value) == message


def test_a_product_that_is_no_longer_sold_can_still_be_modified() -> None:
    check(modify(begin), Catalog([product("Old port", status=ProductStatus.END_OF_LIFE)]))


def test_a_value_named_like_a_service_of_another_step_is_refused() -> None:
    with pytest.raises(ReservedName) as refused:
        check(modify(begin >> shadow >> reserve))

    assert str(refused.value) == (
        "step 'shadow' of workflow 'modify_port' gives a value named 'inventory', which is reserved: "
        "step 'reserve' takes Inventory under it"
    )


def test_the_same_value_is_accepted_where_nothing_takes_the_service() -> None:
    check(modify(begin >> shadow))


def test_a_task_has_no_customer() -> None:
    with pytest.raises(MissingInput, match="parameter 'customer_id' needs CustomerId"):
        check(run(begin >> use_customer))


def test_a_task_without_steps_is_refused() -> None:
    with pytest.raises(InvalidWorkflow, match="workflow 'clean_up': it has no steps, expected at least one"):
        check(run(begin))
