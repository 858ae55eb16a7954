"""The steps a workflow's decorator adds to those its author wrote."""

from types import MappingProxyType

from domain.model.definition.families import ModelFamily
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from engine import slots
from engine.signatures import OutputKind
from engine.states import StepKind
from engine.steps import Step


def set_status_step(family: ModelFamily[SubscriptionModel], status: SubscriptionStatus) -> Step:
    """The step that moves the workflow's subject to the status it ends in; nothing happens if it is there."""

    async def set_status(**subjects: SubscriptionModel) -> SubscriptionModel:
        subject = subjects[family.key]
        return subject if subject.status is status else subject.transition(family.class_for(status), status)

    owner = f"set_status({status})"
    return Step(
        key="set_status",
        name=f"Set status {status}",
        kind=StepKind.STEP,
        function=set_status,
        parameters=(slots.parameter(family.key, family.base, has_default=False, function=owner),),
        output_kind=OutputKind.SUBSCRIPTION,
        outputs=MappingProxyType(
            {family.key: slots.output(family.key, family.base, required=True, function=owner)}
        ),
        description=f"Moves the subscription to {status}.",
        skippable=False,
    )


def resync_step() -> Step:
    """The step at which the process lets its subscriptions go: its checkpoint marks them in sync."""

    async def resync() -> None:
        """Nothing to compute: the checkpoint that records this step releases the subscriptions."""

    return Step(
        key="resync",
        name="Mark in sync",
        kind=StepKind.RESYNC,
        function=resync,
        parameters=(),
        output_kind=OutputKind.NONE,
        outputs=MappingProxyType({}),
        description="Releases the subscriptions this process holds.",
        skippable=False,
    )
