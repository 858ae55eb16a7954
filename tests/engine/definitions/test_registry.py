"""The registry of one application."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from domain.model.catalog import Product
from engine.context import CallbackContext
from engine.definition_errors import DuplicateWorkflow, InvalidService
from engine.errors import WorkflowNotFound
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.workflow_decorators import task
from tests.engine.definitions.catalog import CATALOG, Port
from tests.parity import parity


class Inventory:
    pass


@asynccontextmanager
async def open_inventory() -> AsyncGenerator[Inventory]:
    yield Inventory()


@step("Tidy")
async def tidy() -> None: ...


@task()
def clean_up() -> StepList:
    return begin >> tidy >> done


@task()
def resume_all() -> StepList:
    return begin >> tidy >> done


@parity("WE-31")
def test_workflows_are_found_by_name_in_their_order() -> None:
    registry = Registry([resume_all, clean_up])

    assert registry.workflows == (resume_all, clean_up)
    assert registry.workflow("clean_up") is clean_up
    assert registry.find_workflow("clean_up") is clean_up


def test_an_unknown_workflow_is_named_with_what_comes_close() -> None:
    registry = Registry([clean_up])

    assert registry.find_workflow("cleanup") is None
    with pytest.raises(WorkflowNotFound) as refused:
        registry.workflow("cleanup")
    assert str(refused.value) == "there is no workflow 'cleanup'; did you mean clean_up?"


def test_two_registries_hold_the_same_workflow() -> None:
    first, second = Registry([clean_up]), Registry([clean_up, resume_all])

    first.check(CATALOG)
    second.check(CATALOG)

    assert first.workflow("clean_up") is second.workflow("clean_up")


@parity("WE-31")
@parity("WE-31", mends="replaced")
def test_two_workflows_of_one_name_are_refused() -> None:
    with pytest.raises(DuplicateWorkflow, match="there are two workflows named 'clean_up'"):
        Registry([clean_up, resume_all, clean_up])


def test_a_service_is_kept_by_its_type() -> None:
    assert Registry([], {Inventory: open_inventory}).services == {Inventory: open_inventory}


@pytest.mark.parametrize("service", [Port, Product, CallbackContext])
def test_a_service_of_a_type_that_the_engine_provides_is_refused(service: type) -> None:
    with pytest.raises(InvalidService, match="the engine provides this type itself"):
        Registry([], {service: open_inventory})


def test_a_service_of_a_built_in_type_is_refused() -> None:
    with pytest.raises(InvalidService, match="service str: expected a class of its own, not a built-in type"):
        Registry([], {str: open_inventory})
