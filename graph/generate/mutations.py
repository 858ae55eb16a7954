"""One typed mutation per workflow that one object can start."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from types import MappingProxyType, new_class
from typing import Annotated

import strawberry
from strawberry.types.field import StrawberryField

from domain.ids import SubscriptionId
from domain.json import JsonValue
from domain.model.catalog import Catalog
from engine.errors import FieldError, InvalidInput
from engine.registry import Registry
from engine.start_input import start_model
from engine.states import Target
from engine.workflows import Workflow
from graph.context import Info
from graph.errors import SchemaDefinitionError
from graph.generate.enums import EnumTypes
from graph.generate.inputs import InputField, InputType, InputTypes
from graph.ids import parse_subscription_id
from graph.mutations.answers import START_REFUSALS, answer_start, input_path, pages_path, process_started
from graph.mutations.sent_ids import below, require_id
from graph.names import field_name, require_name, type_name
from graph.permissions import Permission, requires
from graph.types.refusals import StartResult

KeyArgument = Annotated[
    str | None,
    strawberry.argument(description="Repeated requests of the viewer with the same key start one process."),
]


def _same(value: object) -> JsonValue:
    return str(value)


_SUBJECT: Mapping[str, InputField] = MappingProxyType(
    {
        "subscription": InputField(
            attribute="subscription",
            key="subscription",
            annotation=strawberry.ID,
            optional=False,
            nulls=False,
            description="The subscription it is about.",
            to_json=_same,
        ),
        "version": InputField(
            attribute="version",
            key="version",
            annotation=int,
            optional=True,
            nulls=False,
            description="The subscription's version that the input is about; another by now is a Conflict.",
            to_json=_same,
        ),
    }
)


def generate_mutations(
    catalog: Catalog, registry: Registry, enums: EnumTypes, *, taken: Collection[str]
) -> Mapping[str, StrawberryField]:
    """Gives the fields by their names in GraphQL, in the registry's order.

    Args:
        catalog: What the inputs name.
        registry: The workflows.
        enums: The enums that inputs share with the rest of the schema.
        taken: The mutations that every application has.

    Raises:
        SchemaDefinitionError: Names clash.
    """
    inputs = InputTypes(enums)
    fields: dict[str, StrawberryField] = {}
    sources: dict[str, str] = {}
    for workflow in registry.workflows:
        if not workflow.has_static_input:
            continue
        name = require_name(field_name(workflow.name), of=f"workflow {workflow.name}")
        known = "every application" if name in taken else sources.get(name)
        if known is not None:
            raise SchemaDefinitionError(
                f"found two mutations {name}, of {known} and of the workflow {workflow.name}: expected "
                "another name for the workflow."
            )
        sources[name] = f"the workflow {workflow.name}"
        fields[name] = _mutation(workflow, name, _input_type(workflow, catalog, inputs))
    return fields


def _input_type(workflow: Workflow, catalog: Catalog, inputs: InputTypes) -> InputType | None:
    """The type of `input`; None if there is nothing to say."""
    model = start_model(workflow, catalog)
    extra = _SUBJECT if _has_subject(workflow) else dict[str, InputField]()
    if not model.model_fields and not extra:
        return None
    return inputs.generate(
        model,
        name=f"{type_name(workflow.name)}Input",
        description=f"What starts {workflow.name}: {workflow.description}",
        extra=extra,
    )


def _has_subject(workflow: Workflow) -> bool:
    return workflow.model is not None and workflow.target is not Target.CREATE


def _mutation(workflow: Workflow, name: str, input_type: InputType | None) -> StrawberryField:
    resolver = _without_input(workflow) if input_type is None else _with_input(workflow, input_type)
    field = strawberry.mutation(
        name=name,
        resolver=resolver,
        graphql_type=StartResult,
        description=workflow.description or f"Starts {workflow.name}.",
        directives=requires(Permission.START_WORKFLOW),
    )
    assert isinstance(field, StrawberryField)
    return field


def _with_input(workflow: Workflow, input_type: InputType) -> Callable[..., object]:
    async def resolve(info: Info, given: object, idempotency_key: KeyArgument = None) -> object:
        return await _start(info, workflow, input_type=input_type, given=given, key=idempotency_key)

    # The type is known at run time only, so it cannot stand in the signature.
    resolve.__annotations__["given"] = Annotated[
        input_type.graphql_type, strawberry.argument(name="input", description="What it starts with.")
    ]
    return resolve


def _without_input(workflow: Workflow) -> Callable[..., object]:
    async def resolve(info: Info, idempotency_key: KeyArgument = None) -> object:
        return await _start(info, workflow, input_type=None, given=None, key=idempotency_key)

    return resolve


async def _start(
    info: Info, workflow: Workflow, *, input_type: InputType | None, given: object, key: str | None
) -> object:
    try:
        subscription_id, version, values = _read(workflow, input_type, given)
        started = await info.context.dependencies.commands.start(
            workflow.name,
            values=values,
            subscription_id=subscription_id,
            expected_version=version,
            idempotency_key=key,
            actor=info.context.viewer.name,
            scope=info.context.viewer.scope,
            claims=info.context.viewer.claims,
        )
    except START_REFUSALS as refusal:
        inside = pages_path if input_type is None else input_type.path_of
        return answer_start(refusal, path_of=partial(input_path, inside=inside))
    return await process_started(info, started)


def _read(
    workflow: Workflow, input_type: InputType | None, given: object
) -> tuple[SubscriptionId | None, int | None, dict[str, JsonValue]]:
    """The subject, its version and the values that were given.

    Raises:
        InvalidInput: if ids among them are none.
    """
    subject, version, problems = None, None, list[FieldError]()
    values: dict[str, JsonValue] = {}
    if _has_subject(workflow):
        named, expected = (getattr(given, name) for name in _SUBJECT)
        version = expected if isinstance(expected, int) else None
        try:
            subject = require_id(str(named), parse_subscription_id)
        except InvalidInput as refusal:
            problems += below("subscription", refusal)
    try:
        values = {} if input_type is None else input_type.to_json(given)
    except InvalidInput as refusal:
        problems += refusal.errors
    if problems:
        raise InvalidInput(problems)
    return subject, version, values


def add_mutations(root: type, fields: Mapping[str, StrawberryField]) -> type:
    """Gives a class with generated fields beside those of `root`, not yet a type."""
    cls = new_class("Mutation", (root,))
    for name, field in fields.items():
        setattr(cls, name, field)
    return cls
