"""What stands in the way of starting a workflow on a subscription, as a caller is told."""

from dataclasses import dataclass
from enum import StrEnum

from domain.ids import ProcessId, SubscriptionId
from domain.model.lifecycle import SubscriptionStatus


class BlockerCode(StrEnum):
    """Why a workflow cannot be started on a subscription."""

    NOT_IN_SYNC = "NOT_IN_SYNC"
    RELATED_NOT_IN_SYNC = "RELATED_NOT_IN_SYNC"
    STATUS_NOT_ADMITTED = "STATUS_NOT_ADMITTED"
    IN_USE = "IN_USE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """One thing that stands in the way.

    Attributes:
        code: What, for programs.
        message: What, in plain words, without any id: it may be read by people of another scope.
        subscriptions: The related subscriptions in the way, as far as the caller may see them.
        processes: Those that hold the subject, or related subscriptions that the caller may see.
        found_status: The subject's status, if that is in the way.
        admitted_statuses: The statuses that would not be, if that is in the way, in the lifecycle's order.
    """

    code: BlockerCode
    message: str
    subscriptions: tuple[SubscriptionId, ...] = ()
    processes: tuple[ProcessId, ...] = ()
    found_status: SubscriptionStatus | None = None
    admitted_statuses: tuple[SubscriptionStatus, ...] = ()
