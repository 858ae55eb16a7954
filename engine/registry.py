"""The registry: the workflows of one application, and the services their steps may ask for."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from types import MappingProxyType

from domain.model.catalog import Catalog, Product
from domain.model.subscriptions import SubscriptionModel
from domain.storage.listing.lookups import Subscriptions
from engine import dataflow
from engine.context import StepContext
from engine.definition_errors import DuplicateWorkflow, InvalidService
from engine.errors import WorkflowNotFound
from engine.workflows import Workflow

PROVIDED_SERVICES: frozenset[type] = frozenset({Subscriptions})
"""The services that every worker has, without anybody registering them."""

_PROVIDED = (SubscriptionModel, Product, StepContext, *PROVIDED_SERVICES)


class Registry:
    """The workflows of one application. Two registries may hold the same workflows.

    Args:
        workflows: The workflows, in the order people see them.
        services: For each type a step may ask for: what opens it, once for each worker, and closes it.

    Raises:
        DuplicateWorkflow: if two workflows have the same name.
        InvalidService: if a service's type is one that the engine fills in itself.
    """

    def __init__(
        self,
        workflows: Iterable[Workflow],
        services: Mapping[type, Callable[[], AbstractAsyncContextManager[object]]] = MappingProxyType({}),
    ) -> None:
        by_name: dict[str, Workflow] = {}
        for workflow in workflows:
            if workflow.name in by_name:
                raise DuplicateWorkflow(workflow.name)
            by_name[workflow.name] = workflow
        for service in services:
            _check_service(service)
        self._by_name = MappingProxyType(by_name)
        self._services = MappingProxyType(dict(services))

    @property
    def workflows(self) -> tuple[Workflow, ...]:
        """Every workflow, in the order they were given."""
        return tuple(self._by_name.values())

    @property
    def services(self) -> Mapping[type, Callable[[], AbstractAsyncContextManager[object]]]:
        """What opens each service, by the type steps ask for."""
        return self._services

    def workflow(self, name: str) -> Workflow:
        """The workflow of that name.

        Raises:
            WorkflowNotFound: if there is none.
        """
        workflow = self.find_workflow(name)
        if workflow is None:
            raise WorkflowNotFound(name, close_matches=difflib.get_close_matches(name, self._by_name))
        return workflow

    def find_workflow(self, name: str) -> Workflow | None:
        """The workflow of that name, if there is one."""
        return self._by_name.get(name)

    def check(self, catalog: Catalog) -> None:
        """Check that every workflow is about something in the catalogue, and every step gets what it needs.

        Raises:
            DefinitionError: naming workflow, step and parameter of the first thing that cannot work.
        """
        services = PROVIDED_SERVICES | self._services.keys()
        for workflow in self.workflows:
            dataflow.check(workflow, services=services, catalog=catalog)


def _check_service(service: type) -> None:
    if issubclass(service, _PROVIDED):
        raise InvalidService(service.__qualname__, reason="the engine provides this type itself")
    if service.__module__ == "builtins":
        raise InvalidService(service.__qualname__, reason="expected a class of its own, not a built-in type")
