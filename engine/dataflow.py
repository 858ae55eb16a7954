"""The check that every step gets what it needs, made before anything runs."""

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Union

from domain.ids import CustomerId
from domain.model.catalog import Catalog, Product
from engine.annotations import describe, members
from engine.compatibility import is_assignable
from engine.context import CallbackContext, StepContext
from engine.definition_errors import InvalidWorkflow, MissingInput, ReservedName, TypeMismatch
from engine.slots import Output, Parameter
from engine.start_input import startable_products
from engine.states import StepKind, Target
from engine.steps import Step
from engine.workflows import Workflow

_CONTEXTS: frozenset[object] = frozenset({StepContext, CallbackContext})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A value of the state, as far as a step can count on it."""

    annotation: object
    required: bool
    provider: str


def check(workflow: Workflow, *, services: Collection[type], catalog: Catalog) -> None:
    """Check that each parameter of each step, and of each form, is given by something before it.

    Raises:
        MissingInput: if nothing gives a parameter's value, naming workflow, step and parameter.
        TypeMismatch: if it is given with another type.
        ReservedName: if a value has the name under which a step takes a service or a context.
        InvalidWorkflow: if the catalogue has nothing the workflow could be about.
    """
    _check_subject(workflow, catalog)
    _check_names(workflow, services)
    flow = _DataFlow(workflow)
    if workflow.form is not None:
        flow.check_form(workflow.form.key, workflow.form.parameters, services)
    flow.give(workflow.inputs.values(), provider="the input")
    for step in workflow.steps:
        if step.kind is StepKind.INPUT:
            flow.check_form(step.key, step.parameters, services)
        else:
            flow.check_step(step, services)
        flow.give([*step.outputs.values(), *step.result_fields.values()], provider=f"step {step.key!r}")


def _check_subject(workflow: Workflow, catalog: Catalog) -> None:
    if workflow.model is None:
        return
    if workflow.model not in catalog.families:
        raise InvalidWorkflow(
            workflow.name, reason=f"no product of the catalogue has the model {workflow.model.name}"
        )
    if workflow.target is Target.CREATE and not startable_products(workflow, catalog):
        raise InvalidWorkflow(
            workflow.name,
            reason=f"every product with the model {workflow.model.name} is at the end of its life",
        )


def _check_names(workflow: Workflow, services: Collection[type]) -> None:
    """Refuse values named like a parameter that takes a service or a context: a reader would mistake one."""
    taken = {
        parameter.name: f"step {step.key!r} takes {describe(parameter.annotation)} under it"
        for step in workflow.steps
        for parameter in step.parameters
        if any(kind in services or kind in _CONTEXTS for kind in members(parameter.annotation))
    }
    owners = [(f"the input of workflow {workflow.name!r}", workflow.inputs)]
    for step in workflow.steps:
        owner = f"step {step.key!r} of workflow {workflow.name!r}"
        owners += [(owner, step.outputs), (owner, step.result_fields)]
    for owner, outputs in owners:
        for name in outputs.keys() & taken.keys():
            raise ReservedName(owner, name=name, meaning=taken[name])


class _DataFlow:
    """What the state holds at one point of a workflow, from its start to its end."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._given: dict[str, _Given] = {}
        if workflow.target is Target.CREATE:
            self._given["product"] = _Given(annotation=Product, required=True, provider="the start")
            self._given["customer_id"] = _Given(annotation=CustomerId, required=True, provider="the start")
        elif workflow.model is not None:
            self._given[workflow.model.key] = _Given(
                annotation=workflow.model.base, required=True, provider="the start"
            )

    def give(self, outputs: Iterable[Output], *, provider: str) -> None:
        """Note what a step gives; what it gives only sometimes leaves an earlier value possible."""
        for output in outputs:
            earlier = self._given.get(output.name)
            annotation = output.annotation
            if not output.required and earlier is not None:
                annotation = Union[earlier.annotation, annotation]  # noqa: UP007  # built at run time
            self._given[output.name] = _Given(
                annotation=annotation,
                required=output.required or (earlier is not None and earlier.required),
                provider=provider,
            )

    def check_step(self, step: Step, services: Collection[type]) -> None:
        """Check what a step's function takes."""
        for parameter in step.parameters:
            kinds = members(parameter.annotation)
            if CallbackContext in kinds and step.kind is not StepKind.CALLBACK:
                raise self._missing(step.key, parameter, reason="only a callback step has that")
            if not any(kind in services or kind in _CONTEXTS for kind in kinds):
                self._check_value(step.key, parameter)

    def check_form(self, key: str, parameters: Sequence[Parameter], services: Collection[type]) -> None:
        """Check what a form takes: it is filled in while nothing runs, where no services are open."""
        for parameter in parameters:
            if any(kind in services or kind in _CONTEXTS for kind in members(parameter.annotation)):
                raise self._missing(key, parameter, reason="a form takes values of the state only")
            self._check_value(key, parameter)

    def _check_value(self, key: str, parameter: Parameter) -> None:
        given = self._given.get(parameter.name)
        if given is None:
            if not parameter.is_optional:
                raise self._missing(key, parameter, reason="nothing before it gives that")
            return
        if not given.required and not parameter.is_optional:
            raise self._missing(key, parameter, reason=f"{given.provider} gives it only sometimes")
        if not is_assignable(given.annotation, parameter.annotation):
            raise TypeMismatch(
                self._workflow.name,
                step=key,
                parameter=parameter.name,
                expected=describe(parameter.annotation),
                found=describe(given.annotation),
                provider=given.provider,
            )

    def _missing(self, key: str, parameter: Parameter, *, reason: str) -> MissingInput:
        return MissingInput(
            self._workflow.name,
            step=key,
            parameter=parameter.name,
            expected=describe(parameter.annotation),
            available=self._given,
            close_matches=difflib.get_close_matches(parameter.name, self._given.keys() - {parameter.name}),
            reason=reason,
        )
