"""What the server answers to the story's operations, as far as the story reads it."""

from datetime import datetime
from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from engine.states import ProcessStatus, StepStatus

ResultT = TypeVar("ResultT")


class _Part(BaseModel):
    """Part of an answer: names as in GraphQL; what the story does not know is left alone."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Answer(_Part, Generic[ResultT]):
    """The data of any answer."""

    result: ResultT


class Step(_Part):
    """A step of a process."""

    key: str
    name: str
    status: StepStatus
    attempt_count: int
    started_at: datetime | None
    finished_at: datetime | None


class Process(_Part):
    """A process with its steps."""

    id: str
    workflow_name: str
    status: ProcessStatus
    failure_reason: str | None
    steps: tuple[Step, ...]


class Problem(_Part):
    """One thing wrong with an input."""

    path: tuple[str, ...]
    message: str


class RelatedSubscription(_Part):
    """A subscription as far as people tell it from others."""

    id: str
    description: str


class Blocker(_Part):
    """One thing that keeps a workflow from being started."""

    code: str
    message: str
    subscriptions: tuple[RelatedSubscription, ...]

    @property
    def reason(self) -> str:
        """What is in the way, for people."""
        names = ", ".join(subscription.description for subscription in self.subscriptions)
        return f"{self.code}: {self.message} ({names})" if names else f"{self.code}: {self.message}"


class StartCheck(_Part):
    """Whether a workflow can be started, and what stands in the way."""

    allowed: bool
    blocked_by: tuple[Blocker, ...]


class Action(_Part):
    """A workflow that is made for a subscription."""

    workflow: "WorkflowName"
    can_start: StartCheck


class WorkflowName(_Part):
    """A workflow, by its name."""

    name: str


class ActionsOfSubscription(_Part):
    """What can be done with a subscription."""

    actions: tuple[Action, ...]


class Outcome(_Part):
    """What came of a mutation: a process, or the reason why nothing happened."""

    typename: str = Field(alias="__typename")
    process: Process | None = None
    message: str | None = None
    errors: tuple[Problem, ...] = ()
    blocked_by: tuple[Blocker, ...] = ()

    @property
    def reason(self) -> str:
        """Why nothing happened, for people."""
        problems = [f"{'.'.join(problem.path)}: {problem.message}" for problem in self.errors]
        return "; ".join([self.message or self.typename, *problems])


class SnapshotTaken(_Part):
    """The process as it is."""

    typename: Literal["ProcessSnapshot"] = Field(alias="__typename")
    cursor: str
    process: Process


class StepChanged(_Part):
    """A step began, ended, or waits for something."""

    typename: Literal["StepStarted", "StepFinished"] = Field(alias="__typename")
    cursor: str
    step: Step


class StatusChanged(_Part):
    """The process came to another status."""

    typename: Literal["ProcessStatusChanged"] = Field(alias="__typename")
    cursor: str
    status: ProcessStatus
    failure_reason: str | None


Event = SnapshotTaken | StepChanged | StatusChanged


class FormSchema(_Part):
    """JSON Schema of a form, as far as the story fills it in."""

    properties: dict[str, "FormProperty"]


class FormProperty(_Part):
    """One field of a form."""

    title: str
    description: str = ""


class Form(_Part):
    """The form that a process waits for."""

    title: str
    schema_: FormSchema = Field(alias="schema")


class SuspendedProcess(_Part):
    """A process with its form; none if it waits for nobody."""

    form: Form | None


class Management(_Part):
    """How a node is reached."""

    address: str | None


class NodeBlock(_Part):
    """The device."""

    rack_position: str | None
    configuration_version: int | None
    management: Management


class ProductName(_Part):
    """A product, by its name."""

    name: str


class CustomerName(_Part):
    """Who holds a subscription."""

    name: str


class Subscription(_Part):
    """A subscription that the story is about; of a node, with its device."""

    typename: str = Field(alias="__typename")
    id: str
    status: str
    description: str
    product: ProductName
    customer: CustomerName
    node: NodeBlock | None = None


class ProcessSubscriptions(_Part):
    """A process with the subscriptions it concerns."""

    subscriptions: tuple[Subscription, ...]
