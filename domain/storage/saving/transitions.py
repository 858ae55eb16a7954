"""Whether statuses go together: those of a subscription, of those that use it, and of those that it uses."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.errors import RelatedStatus, UnsafeTransition
from domain.ids import SubscriptionId
from domain.model.lifecycle import SAFE_USER_STATUSES, TERMINATED, SubscriptionStatus
from domain.storage.saving.batch import Objection, SaveBatch
from domain.storage.saving.facts import is_checked


def unsafe_transitions(batch: SaveBatch) -> Iterator[Objection]:
    """What the statuses of related subscriptions have against patches of the batch."""
    for used, user in batch.related():
        yield from _of_pair(batch, used, user)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A subscription and one that uses it, with statuses that they may have; None if it does not exist."""

    used: SubscriptionId
    user: SubscriptionId
    of_used: SubscriptionStatus | None
    of_user: SubscriptionStatus | None

    @property
    def clashes(self) -> bool:
        if self.of_used is None or self.of_user is None:
            return False
        return self.of_user not in SAFE_USER_STATUSES[self.of_used]

    def against_used(self, *, unless: SubscriptionId | None = None) -> Objection:
        assert self.of_used is not None
        assert self.of_user is not None
        refusal = UnsafeTransition(
            self.used,
            target=self.of_used,
            users=[RelatedStatus(subscription_id=self.user, status=self.of_user)],
            expected=SAFE_USER_STATUSES[self.of_used],
        )
        return Objection(against=self.used, refusal=refusal, unless=unless)

    def against_user(self, *, unless: SubscriptionId | None = None) -> Objection:
        assert self.of_used is not None
        assert self.of_user is not None
        refusal = UnsafeTransition(
            self.user,
            target=self.of_user,
            used=[RelatedStatus(subscription_id=self.used, status=self.of_used)],
            expected=[used for used, users in SAFE_USER_STATUSES.items() if self.of_user in users],
        )
        return Objection(against=self.user, refusal=refusal, unless=unless)


def _of_pair(batch: SaveBatch, used: SubscriptionId, user: SubscriptionId) -> Iterator[Objection]:
    used_asks, user_asks = _used_asks(batch, used), _user_asks(batch, used, user)
    if not used_asks and not user_asks:
        return
    stays = batch.uses_after(used, user)
    pair = _Pair(used=used, user=user, of_used=batch.status_after(used), of_user=batch.status_after(user))
    if stays and pair.clashes:
        user_is_later = user_asks and not (used_asks and batch.is_later(used, user))
        yield pair.against_user() if user_is_later else pair.against_used()
    if used_asks and batch.uses_before(used, user) and user in batch.changes:
        pair_without = replace(pair, of_user=batch.status_before(user))
        if pair_without.clashes:
            yield pair_without.against_used(unless=user)
    if user_asks and stays and used in batch.changes:
        pair_without = replace(pair, of_used=batch.status_before(used))
        if pair_without.clashes:
            yield pair_without.against_user(unless=used)


def _used_asks(batch: SaveBatch, used: SubscriptionId) -> bool:
    """Whether the used one changes its status, so that it matters which its users have."""
    change = batch.changes.get(used)
    return change is not None and is_checked(change.patch)


def _user_asks(batch: SaveBatch, used: SubscriptionId, user: SubscriptionId) -> bool:
    """Whether the user changes its status or comes to use the other; what ends may always end."""
    change = batch.changes.get(user)
    if change is None or change.patch.override is not None or change.patch.status is TERMINATED:
        return False
    return change.patch.status_changed or any(
        relation.owner_id == used for relation in batch.references[user]
    )
