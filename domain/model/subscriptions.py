"""Subscriptions: what a customer holds of a product, as a typed tree of blocks."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar, Protocol, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, Field, PrivateAttr

from domain.ids import CustomerId, SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.model.assembly import Assembly, take_apart, walk
from domain.model.blocks import (
    MODEL_CONFIG,
    ProductBlockModel,
    check_lifecycles,
    refuse_reserved_fields,
    with_new_values,
)
from domain.model.errors import (
    FixedInputAssigned,
    InvalidFamily,
    TransitionRefused,
)
from domain.model.families import ModelFamily, found_or_join
from domain.model.fields import ModelFields, check_same_types, read_fields
from domain.model.lifecycle import SubscriptionStatus
from domain.model.tree import Tree

Target = TypeVar("Target", bound="SubscriptionModel")


class ProductTerms(Protocol):
    """What a subscription takes from its product."""

    @property
    def name(self) -> str:
        """Unique among products."""
        ...

    @property
    def fixed_inputs(self) -> Mapping[str, JsonValue]:
        """Stored forms of the constants, by field."""
        ...


class SubscriptionModel(BaseModel):
    """The base of every subscription model; families are declared as for blocks.

    Fields that are blocks make the tree. Fields that are scalars are fixed inputs: constants of the product,
    never stored with the subscription.

    Attributes:
        product: the product's name.
        in_sync: False while a process works on the subscription.
        version: 0 until it is first saved.
    """

    model_config = MODEL_CONFIG

    _family: ClassVar["ModelFamily[SubscriptionModel] | None"] = None
    _fields: ClassVar["ModelFields[ProductBlockModel] | None"] = None
    _snapshot: Tree | None = PrivateAttr(default=None)

    id: SubscriptionId = Field(default_factory=lambda: SubscriptionId(new_uuid7()), frozen=True)
    product: str = Field(frozen=True)
    customer_id: CustomerId = Field(frozen=True)
    status: SubscriptionStatus = Field(default=SubscriptionStatus.INITIAL, frozen=True)
    description: str
    in_sync: bool = Field(default=False, frozen=True)
    version: int = Field(default=0, frozen=True)
    note: str | None = Field(default=None, frozen=True)
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None

    def __init_subclass__(
        cls, *, name: str | None = None, lifecycle: Sequence[SubscriptionStatus] = ()
    ) -> None:
        # Read below, once pydantic knows the fields; here the keywords are declared to type checkers.
        del name, lifecycle
        super().__init_subclass__()
        refuse_reserved_fields(cls, SubscriptionModel)

    @classmethod
    def __pydantic_init_subclass__(
        cls, *, name: str | None = None, lifecycle: Sequence[SubscriptionStatus] = (), **_: object
    ) -> None:
        super().__pydantic_init_subclass__()
        family = found_or_join(cls, cls._family, name=name, lifecycle=lifecycle)
        fields = read_fields(cls, ProductBlockModel, built_in=frozenset(SubscriptionModel.model_fields))
        if cls._fields is not None:
            check_same_types(cls, fields, cls._fields)
        if family is not None:
            check_lifecycles(cls, fields, lifecycle or (SubscriptionStatus.INITIAL,))
            family.claim(cls, lifecycle)
        cls._family = family
        cls._fields = fields

    @classmethod
    def family(cls) -> "ModelFamily[SubscriptionModel]":
        """The classes of this subscription's name.

        Raises:
            InvalidFamily: on an abstract class.
        """
        if cls._family is None:
            raise InvalidFamily(
                cls.__name__, None, found="an abstract class", expected="name= on it or on a class above it"
            )
        return cls._family

    @classmethod
    def structure(cls) -> "ModelFields[ProductBlockModel]":
        """The fields of this class: its fixed inputs and its blocks."""
        return cls._fields or ModelFields(scalars={}, blocks={})

    @property
    def snapshot(self) -> Tree | None:
        """The stored tree that this was loaded from; None for a subscription that was never saved."""
        return self._snapshot

    @classmethod
    def new(cls, *, product: ProductTerms | str, customer_id: CustomerId, **values: object) -> Self:
        """A subscription with status INITIAL, a fresh id, and new blocks where the class requires them.

        Args:
            product: a product, which brings its fixed inputs, or the name of one that has none.
            customer_id: the customer who holds it.
            values: fields of the class, and ``description``.

        Raises:
            pydantic.ValidationError: if a value is refused or a required one is missing.
            TransitionRefused: if another class of the family serves INITIAL.
        """
        fixed_inputs: Mapping[str, JsonValue] = {} if isinstance(product, str) else product.fixed_inputs
        name = product if isinstance(product, str) else product.name
        given: dict[str, object] = {
            "description": f"Initial subscription of {name}",
            **fixed_inputs,
            **values,
            "product": name,
            "customer_id": customer_id,
        }
        subscription = cls.model_validate(with_new_values(cls, cls.structure(), given))
        serving = cls.family().class_for(subscription.status)
        if serving is not cls:
            raise TransitionRefused(
                subscription.id, found=f"a new {cls.__name__}", expected=f"a new {serving.__name__}"
            )
        for placed in walk(subscription, cls.structure()):
            if placed.block.subscription_id is None:
                placed.block.subscription_id = subscription.id
        return subscription

    def transition(
        self, model: type[Target], status: SubscriptionStatus | None = None, *, now: datetime | None = None
    ) -> Target:
        """This subscription in another status, as an instance of the class that serves it; self stays.

        Sets ``start_at`` when it first becomes ACTIVE, and ``end_at`` when it becomes TERMINATED.

        Args:
            model: the class of this family that serves the status.
            status: may be left out if the class serves exactly one.
            now: the time of the change.

        Raises:
            TransitionRefused: if the class does not serve the status.
            ModelMismatch: if the values do not satisfy the class.
        """
        target = self._target_status(model, status)
        at = now or datetime.now(UTC)
        parts = take_apart(self, self.structure(), subscription_id=self.id)
        assembly = Assembly(parts.blocks, parts.relations)
        values: dict[str, object] = {
            **{name: getattr(self, name) for name in SubscriptionModel.model_fields},
            **{name: getattr(self, name) for name in self.structure().scalars},
            **assembly.nested(model.structure()),
            "status": target,
        }
        if target is SubscriptionStatus.ACTIVE and self.start_at is None:
            values["start_at"] = at
        if target is SubscriptionStatus.TERMINATED:
            values["end_at"] = at
        return assembly.complete(model, values, subscription_id=self.id, snapshot=self._snapshot)

    def _target_status(
        self, model: "type[SubscriptionModel]", status: SubscriptionStatus | None
    ) -> SubscriptionStatus:
        family = self.family()
        served = sorted(family.statuses_of(model))
        if status is None and len(served) == 1:
            return served[0]
        if status is not None and status in served:
            return status
        raise TransitionRefused(
            self.id,
            found=f"{model.__name__} for {status or 'no status'}",
            expected=f"a class of family {family.name} and a status that it serves: {served or 'none'}",
        )

    def model_post_init(self, context: object, /) -> None:
        """Keep the snapshot that mapping hands over as the validation context."""
        super().model_post_init(context)
        if isinstance(context, Tree):
            self._snapshot = context

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.structure().scalars:
            raise FixedInputAssigned(type(self).__name__, name)
        super().__setattr__(name, value)

    def __eq__(self, other: object) -> bool:
        """Equal class and fields; what was stored before does not count."""
        if not isinstance(other, SubscriptionModel):
            return NotImplemented
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None
