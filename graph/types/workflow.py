"""Workflows as the registry declares them."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.ids import SubscriptionId
from engine.run.commands import StartProspect
from engine.start_input import start_model
from engine.steps import Step as StepDefinition
from engine.workflows import Workflow as WorkflowDefinition
from graph.context import Info
from graph.generate.input_schema import input_schema
from graph.ids import parse_subscription_id, workflow_id
from graph.permissions import Permission, requires
from graph.types.enums import StepKind, SubscriptionStatus, Target
from graph.types.form import FormPage, form_page
from graph.types.json_schema import with_public_ids
from graph.types.node import Node
from graph.types.scalars import Json
from graph.types.start_check import StartCheck, check_start

if TYPE_CHECKING:
    from graph.types.product import Product

SubscriptionArgument = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The subscription it would be about; to create one, none."),
]


@strawberry.type(
    description="A step as its workflow declares it.", directives=requires(Permission.READ_CATALOG)
)
class WorkflowStep:
    """A step as its workflow declares it."""

    key: str = strawberry.field(description="Its identity in the workflow.")
    name: str = strawberry.field(description="What people read.")
    kind: StepKind = strawberry.field(description="What carrying it out means.")
    assignee: str | None = strawberry.field(description="Who is to fill in its form.")
    description: str | None = strawberry.field(description="What it does.")


@strawberry.type(
    description="What a process carries out: steps in order.", directives=requires(Permission.READ_CATALOG)
)
class Workflow(Node):
    """What a process carries out: steps in order."""

    definition: strawberry.Private[WorkflowDefinition]
    name: str = strawberry.field(description="What programs call it.")
    description: str = strawberry.field(description="What it is for.")
    target: Target = strawberry.field(description="What it does to its subject.")
    is_task: bool = strawberry.field(
        description="Whether its processes look after things and change nobody's services."
    )
    has_wizard: bool = strawberry.field(description="Whether a form of several pages asks for its input.")
    usable_in: list[SubscriptionStatus] = strawberry.field(
        description="The statuses that its subscription may have at the start; none if it starts without one."
    )
    usable_out_of_sync: bool = strawberry.field(
        description="Whether its subscription, and what that is related to, may be out of sync at the start."
    )
    blocked_by_users: bool = strawberry.field(
        description="Whether others that use its subscription keep it from starting."
    )

    @strawberry.field(description="Its steps in order, those included that every such workflow has.")
    def steps(self) -> list[WorkflowStep]:
        """Its steps in order."""
        return [_step(step) for step in self.definition.steps]

    @strawberry.field(
        description="JSON Schema (2020-12) of the `input` of its typed mutation, with the names that this "
        "takes; null if only a form can start it. The pages that `startWorkflow` takes are told by `form`."
    )
    def input_schema(self, info: Info) -> Json | None:
        """The schema of its input."""
        if self.definition.form is not None and self.definition.input_model is None:
            return None
        model = start_model(self.definition, info.context.dependencies.catalog)
        schema = input_schema(model, with_subject=self.definition.rules is not None)
        return Json(with_public_ids(schema))

    @strawberry.field(
        description="Whether the viewer could start it now, and why not. Its authorizer and its run "
        "predicate are asked; whether the engine is paused is not looked at. Of a workflow that is about a "
        "subscription, name one: without it the answer is NO_SUBSCRIPTION."
    )
    async def can_start(self, info: Info, subscription: SubscriptionArgument = None) -> StartCheck:
        """Whether the viewer could start it now."""
        return await check_start(info, self.definition, _subject(subscription))

    @strawberry.field(
        description="The first page of what is asked to start it, for `startWorkflow` to take: asking starts "
        "nothing. Null if nothing is asked, or the viewer cannot start it: `canStart` says which."
    )
    async def form(self, info: Info, subscription: SubscriptionArgument = None) -> FormPage | None:
        """The first page of what is asked to start it."""
        subscription_id = _subject(subscription)
        if not (await check_start(info, self.definition, subscription_id)).allowed:
            return None
        prospect = StartProspect(workflow=self.definition.name, subscription_id=subscription_id)
        page = await info.context.loaders.start_forms.load(prospect)
        return None if page is None else form_page(page)

    @strawberry.field(description="The products whose subscriptions it is about.")
    async def products(
        self, info: Info
    ) -> list[Annotated["Product", strawberry.lazy("graph.types.product")]]:
        """The products whose subscriptions it is about."""
        return await info.context.families.products_of_workflow(self.definition, info.context)


def workflow(definition: WorkflowDefinition) -> Workflow:
    """Gives a workflow as a result."""
    rules = definition.rules
    usable_in = frozenset[SubscriptionStatus]() if rules is None else rules.usable_in
    return Workflow(
        id=strawberry.ID(workflow_id(definition.name)),
        definition=definition,
        name=definition.name,
        description=definition.description,
        target=definition.target,
        is_task=definition.is_task,
        has_wizard=definition.form is not None,
        usable_in=[status for status in SubscriptionStatus if status in usable_in],
        usable_out_of_sync=rules is not None and rules.usable_out_of_sync,
        blocked_by_users=rules is not None and rules.blocked_by_users,
    )


def _subject(text: str | None) -> SubscriptionId | None:
    return None if text is None else parse_subscription_id(text)


def _step(step: StepDefinition) -> WorkflowStep:
    return WorkflowStep(
        key=step.key, name=step.name, kind=step.kind, assignee=step.assignee, description=step.description
    )
