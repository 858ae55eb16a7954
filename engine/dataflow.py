"""The check that every step gets what it needs, made before anything runs."""

import difflib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.model.catalog import Catalog, Product
from engine.annotations import describe, members
from engine.compatibility import is_assignable
from engine.conditions import Condition
from engine.context import CallbackContext, StepContext
from engine.definition_errors import InvalidWorkflow, MissingInput, ReservedName, TypeMismatch
from engine.known_values import KnownValues, Provision, fields_of_object
from engine.of_model import as_models
from engine.slots import Output, Parameter
from engine.start_input import startable_products
from engine.states import StepKind, Target
from engine.steps import Step
from engine.workflows import Workflow

_CONTEXTS: frozenset[object] = frozenset({StepContext, CallbackContext})
_OBJECT: object = dict[str, JsonValue]


def check(workflow: Workflow, *, services: Collection[type], catalog: Catalog) -> None:
    """Check that each parameter of each step, and of each form, is given by something before it.

    Raises:
        MissingInput: if nothing gives a parameter's value, naming workflow, step and parameter.
        TypeMismatch: if it is given with another type.
        ReservedName: if a value has the name under which a step takes a service or a context.
        InvalidWorkflow: if the catalogue has nothing the workflow could be about, or it has no steps.
    """
    _check_subject(workflow, catalog)
    _check_steps(workflow)
    _check_names(workflow, services)
    flow = _DataFlow(workflow)
    if workflow.form is not None:
        flow.check_form(workflow.form.key, workflow.form.parameters, services)
    flow.give_input()
    for step in workflow.steps:
        flow.check_conditions(step, services)
        if step.kind is StepKind.INPUT:
            flow.check_form(step.key, step.parameters, services, step=step)
        else:
            flow.check_step(step, services)
        flow.give(step)


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


def _check_steps(workflow: Workflow) -> None:
    """Refuse a workflow at which no process could stand; one with a subject ends in a step of its own."""
    if not workflow.steps:
        raise InvalidWorkflow(workflow.name, reason="it has no steps, expected at least one")


def _check_names(workflow: Workflow, services: Collection[type]) -> None:
    """Refuse values named like a parameter that takes a service or a context: a reader would mistake one."""
    taken = {
        parameter.name: f"step {step.key!r} takes {describe(parameter.annotation)} under it"
        for step in workflow.steps
        for taker in (step, *step.conditions)
        for parameter in taker.parameters
        if any(kind in services or kind in _CONTEXTS for kind in members(parameter.annotation))
    }
    owners: list[tuple[str, Mapping[str, object]]] = [
        (f"the input of workflow {workflow.name!r}", workflow.inputs)
    ]
    for step in workflow.steps:
        owner = f"step {step.key!r} of workflow {workflow.name!r}"
        owners += [(owner, step.outputs), (owner, step.result_fields)]
        owners += [(owner, dict.fromkeys(step.focus))]
    for owner, outputs in owners:
        for name in outputs.keys() & taken.keys():
            raise ReservedName(owner, name=name, meaning=taken[name])


class _DataFlow:
    """What the state holds at one point of a workflow, from its start to its end."""

    def __init__(self, workflow: Workflow) -> None:
        self._workflow = workflow
        self._known = KnownValues()
        if workflow.target is Target.CREATE:
            self._begin_with("product", Product)
        elif workflow.model is not None:
            self._begin_with(workflow.model.key, workflow.model.base)
        if workflow.model is not None:
            self._begin_with("customer_id", CustomerId)

    def _begin_with(self, name: str, annotation: object) -> None:
        self._known.give((), name, Provision(annotation=annotation, certain=True, provider="the start"))

    def give_input(self) -> None:
        """Note what the workflow's input gives."""
        self._give((), self._workflow.inputs.values(), provider="the input")

    def give(self, step: Step) -> None:
        """Note what a step gives."""
        self._check_part(step)
        outputs = [*step.outputs.values(), *step.result_fields.values()]
        self._give(step.focus, outputs, provider=f"step {step.key!r}", conditions=step.conditions)

    def _give(
        self,
        path: tuple[str, ...],
        outputs: Iterable[Output],
        *,
        provider: str,
        conditions: tuple[Condition, ...] = (),
    ) -> None:
        for output in outputs:
            provision = Provision(
                annotation=output.annotation,
                certain=output.required,
                provider=provider,
                conditions=conditions,
            )
            self._known.give(path, output.name, provision)

    def check_conditions(self, step: Step, services: Collection[type]) -> None:
        """Check what the step's conditions take; each may count on those around it."""
        for position, condition in enumerate(step.conditions):
            taker = _Taker(
                name=f"{step.key} (condition {condition.key})",
                path=condition.focus,
                conditions=step.conditions[:position],
            )
            for parameter in condition.parameters:
                self._check_parameter(taker, parameter, services)

    def check_step(self, step: Step, services: Collection[type]) -> None:
        """Check what a step's function takes."""
        taker = _Taker(name=step.key, path=step.focus, conditions=step.conditions)
        is_callback = step.kind is StepKind.CALLBACK
        for parameter in step.parameters:
            self._check_parameter(taker, parameter, services, is_callback=is_callback)

    def check_form(
        self,
        key: str,
        parameters: Sequence[Parameter],
        services: Collection[type],
        *,
        step: Step | None = None,
    ) -> None:
        """Check what a form takes: it is filled in while nothing runs, where no services are open."""
        taker = _Taker(name=key)
        if step is not None:
            taker = _Taker(name=key, path=step.focus, conditions=step.conditions)
        for parameter in parameters:
            if any(kind in services or kind in _CONTEXTS for kind in members(parameter.annotation)):
                raise self._missing(taker, parameter, reason="a form takes values of the state only")
            self._check_value(taker, parameter)

    def _check_parameter(
        self, taker: "_Taker", parameter: Parameter, services: Collection[type], *, is_callback: bool = False
    ) -> None:
        kinds = members(parameter.annotation)
        if CallbackContext in kinds and not is_callback:
            raise self._missing(taker, parameter, reason="only a callback step has that")
        if not any(kind in services or kind in _CONTEXTS for kind in kinds):
            self._check_value(taker, parameter)

    def _check_value(self, taker: "_Taker", parameter: Parameter) -> None:
        part = (*taker.path, parameter.name)
        given = self._known.find(taker.path, parameter.name, conditions=taker.conditions)
        if self._known.is_extended(part) or (given is None and self._known.is_part(part)):
            self._check_whole_part(taker, parameter)
            return
        if given is None:
            if not parameter.is_optional:
                raise self._missing(taker, parameter, reason="nothing before it gives that")
            return
        if given.doubt is not None and not parameter.is_optional:
            raise self._missing(taker, parameter, reason=given.doubt)
        annotation = as_models(given.annotation) if parameter.is_subscription else given.annotation
        if not is_assignable(annotation, parameter.annotation):
            raise self._mismatch(taker, parameter, found=given.annotation, provider=given.provider)

    def _check_whole_part(self, taker: "_Taker", parameter: Parameter) -> None:
        """Check a parameter that takes all that steps under a focus have given."""
        part = (*taker.path, parameter.name)
        wanted = fields_of_object(parameter.annotation)
        if not wanted and not is_assignable(_OBJECT, parameter.annotation):
            raise self._mismatch(taker, parameter, found=_OBJECT, provider=f"the focus {parameter.name!r}")
        if not parameter.is_optional and not self._known.has_part(part, conditions=taker.conditions):
            raise self._missing(taker, parameter, reason="it may be missing")
        for name, output in wanted.items():
            given = self._known.find_in(part, name, conditions=taker.conditions)
            is_sure = given is not None and given.doubt is None
            if output.required and not is_sure and not _has_default(parameter.annotation, name):
                raise self._missing(taker, parameter, reason=f"its {name!r} may be missing")
            if given is not None and not is_assignable(given.annotation, output.annotation):
                raise self._mismatch(taker, parameter, found=given.annotation, provider=given.provider)

    def _check_part(self, step: Step) -> None:
        """Refuse a focus in what is no object."""
        for depth, key in enumerate(step.focus):
            given = self._known.find_in(step.focus[:depth], key, conditions=step.conditions)
            if given is None or fields_of_object(given.annotation):
                continue
            if not is_assignable(given.annotation, _OBJECT):
                found = describe(given.annotation)
                raise InvalidWorkflow(
                    self._workflow.name,
                    reason=f"step {step.key!r} has its focus in {key!r}, expected an object, "
                    f"but {given.provider} gives {found}",
                )

    def _mismatch(
        self, taker: "_Taker", parameter: Parameter, *, found: object, provider: str
    ) -> TypeMismatch:
        return TypeMismatch(
            self._workflow.name,
            step=taker.name,
            parameter=parameter.name,
            expected=describe(parameter.annotation),
            found=describe(found),
            provider=provider,
        )

    def _missing(self, taker: "_Taker", parameter: Parameter, *, reason: str) -> MissingInput:
        names = self._known.names(taker.path)
        return MissingInput(
            self._workflow.name,
            step=taker.name,
            parameter=parameter.name,
            expected=describe(parameter.annotation),
            available=names,
            close_matches=difflib.get_close_matches(parameter.name, names - {parameter.name}),
            reason=reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taker:
    """Who takes values: a step, one of its conditions, or a form."""

    name: str
    path: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()


def _has_default(annotation: object, name: str) -> bool:
    """Whether a model can be read without this field."""
    return any(
        isinstance(kind, type) and issubclass(kind, BaseModel) and not kind.model_fields[name].is_required()
        for kind in members(annotation)
    )
