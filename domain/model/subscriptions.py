"""Subscriptions: what a customer holds of a product, as a typed tree of blocks."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import ClassVar, Final, Protocol, Self, TypeVar

from pydantic import AwareDatetime, Field, PrivateAttr

from domain.ids import BlockId, CustomerId, SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.model.blocks import ProductBlockModel, find_family, with_new_values
from domain.model.definition.definitions import DefinedModel, Definition, Keywords, define
from domain.model.definition.families import ModelFamily
from domain.model.definition.fields import ModelFields
from domain.model.definition.texts import Customer, Description, Note, is_storable
from domain.model.errors import (
    FieldMismatch,
    FixedInputAssigned,
    ForeignBlock,
    ModelMismatch,
    ProductMismatch,
    TransitionRefused,
    UnsupportedField,
)
from domain.model.lifecycle import SubscriptionStatus
from domain.model.trees.assembly import Assembly, loaded_values
from domain.model.trees.disassembly import take_apart, walk
from domain.model.trees.product_change import carry_over
from domain.model.trees.tree import Tree

_SET_BY_SAVES: Final = ("status", "in_sync", "version", "note")
"""What a subscription has that nobody can choose for a new one."""

Target = TypeVar("Target", bound="SubscriptionModel")


class ProductTerms(Protocol):
    """What a subscription takes from its product."""

    @property
    def name(self) -> str:
        """Unique among products."""
        ...

    @property
    def model(self) -> "type[SubscriptionModel]":
        """Any class of the family that its subscriptions have."""
        ...

    @property
    def fixed_inputs(self) -> Mapping[str, JsonValue]:
        """Stored forms of the constants, by field."""
        ...


class SubscriptionModel(DefinedModel):
    """The base of every subscription model; families are declared as for blocks.

    Fields that are blocks make the tree. Fields that are scalars are fixed inputs: constants of the product,
    never stored with the subscription.

    Attributes:
        product: the product's name.
        in_sync: False while a process works on the subscription.
        version: 0 until it is first saved.
    """

    definition: ClassVar["Definition[SubscriptionModel, ProductBlockModel]"] = Definition[
        "SubscriptionModel", "ProductBlockModel"
    ].of_root()

    _snapshot: Tree | None = PrivateAttr(default=None)
    _override: str | None = PrivateAttr(default=None)

    id: SubscriptionId = Field(default_factory=lambda: SubscriptionId(new_uuid7()), frozen=True)
    product: str = Field(frozen=True)
    customer_id: Customer = Field(frozen=True)
    status: SubscriptionStatus = Field(default=SubscriptionStatus.INITIAL, frozen=True)
    description: Description
    in_sync: bool = Field(default=False, frozen=True)
    version: int = Field(default=0, frozen=True)
    note: Note = Field(default=None, frozen=True)
    start_at: AwareDatetime | None = None
    end_at: AwareDatetime | None = None

    @classmethod
    def define(cls, keywords: Keywords) -> None:
        """Keep the definition of this class."""
        cls.definition = define(
            cls,
            keywords,
            parents=[above.definition for above in cls.__bases__ if issubclass(above, SubscriptionModel)],
            block_class=ProductBlockModel,
            find_family=find_family,
        )
        _refuse_marks(cls)

    @classmethod
    def family(cls) -> "ModelFamily[SubscriptionModel]":
        """The classes of this subscription's name.

        Raises:
            InvalidFamily: on an abstract class.
        """
        return cls.definition.family_of(cls)

    @classmethod
    def structure(cls) -> "ModelFields[ProductBlockModel]":
        """The fields of this class: its fixed inputs, its blocks, and what it computes."""
        return cls.definition.fields

    @property
    def snapshot(self) -> Tree | None:
        """The stored tree that this was loaded from; None for a subscription that was never saved."""
        return self._snapshot

    @property
    def override(self) -> str | None:
        """Why the transition to this status shall be written although it is unsafe."""
        return self._override

    def describe(self) -> str:
        """The description that a save writes; a model may make it from its values."""
        return self.description

    @classmethod
    def new(cls, *, product: ProductTerms | str, customer_id: CustomerId, **values: object) -> Self:
        """A subscription with status INITIAL, a fresh id, and new blocks where the class requires them.

        Args:
            product: a product, which brings its fixed inputs, or the name of one that has none.
            customer_id: the customer who holds it.
            values: fields of the class, and ``description``.

        Raises:
            TypeError: if a value is given that only transitions, processes or saves set.
            pydantic.ValidationError: if a value is refused or a required one is missing.
            FixedInputAssigned: if a value is given that the product brings.
            ProductMismatch: if the product has another model.
            TransitionRefused: if another class of the family serves INITIAL.
            ForeignBlock: if a block that is given for a field belongs to another subscription.
        """
        chosen = next((name for name in _SET_BY_SAVES if name in values), None)
        if chosen is not None:
            raise TypeError(f"{cls.__name__}.new(): found {chosen}=, expected it to be set by nobody")
        fixed_inputs = cls._fixed_inputs_of(product, given=values)
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
        _own_blocks(subscription)
        return subscription

    def transition(
        self,
        model: type[Target],
        status: SubscriptionStatus | None = None,
        *,
        now: datetime | None = None,
        override: str | None = None,
    ) -> Target:
        """This subscription in another status, as an instance of the class that serves it; self stays.

        Sets ``start_at`` when it first becomes ACTIVE, and ``end_at`` when it becomes TERMINATED; one that
        leaves that status has none. Whether the status goes together with those of related subscriptions is
        checked when it is saved.

        Args:
            model: the class of this family that serves the status.
            status: may be left out if the class serves exactly one.
            now: the time of the change.
            override: why it shall be saved even so; recorded with the change.

        Raises:
            TransitionRefused: if the class does not serve the status, or the reason is blank.
            ModelMismatch: if the values do not satisfy the class.
        """
        target = self._target_status(model, status)
        if override is not None and not override.strip():
            raise TransitionRefused(self.id, found="a blank override", expected="a reason")
        if override is not None and not is_storable(override):
            raise TransitionRefused(
                self.id, found="an override that cannot be stored", expected="a reason in plain text"
            )
        at = now or datetime.now(UTC)
        parts = take_apart(self, self.structure(), subscription_id=self.id)
        assembly = Assembly.again(parts, status=target)
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
        elif self.status is SubscriptionStatus.TERMINATED:
            values["end_at"] = None
        moved = assembly.complete(model, values, subscription_id=self.id, snapshot=self._snapshot)
        moved._override = override or self._override  # noqa: SLF001  # the same subscription
        return moved

    def change_product(self, model: type[Target], product: ProductTerms | str, **blocks: object) -> Target:
        """This subscription as one of another product, in the same status; self stays.

        A field of the new model holds what is given for it; else what the field of its name held; else what
        the only remaining field held whose blocks fit it; else new blocks, as in a new subscription. Root
        blocks that are given for one field are held by no other. Blocks that fit nowhere leave the tree.

        Args:
            model: the class that the new product's model has for the status.
            product: the product, which brings its fixed inputs, or the name of one that has none.
            blocks: values of the new model's block fields.

        Raises:
            TransitionRefused: if another class of its family serves the status.
            ProductMismatch: if the product has another model.
            FixedInputAssigned: if a value is given that the product brings.
            ModelMismatch: if the values do not satisfy the class.
            pydantic.ValidationError: if a new block misses a value.
            ForeignBlock: if a block that is given for a field belongs to another subscription.
        """
        serving = model.family().class_for(self.status)
        if serving is not model:
            raise TransitionRefused(
                self.id, found=f"{model.__name__} for {self.status}", expected=serving.__name__
            )
        fields = model.structure()
        fixed_inputs = model._fixed_inputs_of(product, given=blocks)  # noqa: SLF001  # of the same kind
        others = [
            FieldMismatch(path=(name,), expected="a field of blocks", found=type(value).__name__)
            for name, value in blocks.items()
            if name not in fields.blocks
        ]
        if others:
            raise ModelMismatch(self.id, model=model.__name__, errors=others)
        parts = take_apart(self, self.structure(), subscription_id=self.id)
        carried = carry_over(parts, fields, given=blocks.keys(), placed=_ids_of(blocks.values()))
        assembly = Assembly.again(carried.parts, status=self.status)
        nested = assembly.nested(fields)
        values: dict[str, object] = {
            **{name: getattr(self, name) for name in SubscriptionModel.model_fields},
            **fixed_inputs,
            **{name: value for name, value in nested.items() if name in carried.fields},
            **blocks,
            "product": product if isinstance(product, str) else product.name,
        }
        changed = assembly.complete(
            model, with_new_values(model, fields, values), subscription_id=self.id, snapshot=self._snapshot
        )
        _own_blocks(changed)
        changed._override = self._override  # noqa: SLF001  # the same subscription
        return changed

    @classmethod
    def _fixed_inputs_of(
        cls, product: ProductTerms | str, *, given: Mapping[str, object]
    ) -> dict[str, object]:
        """The values of a product's fixed inputs."""
        if isinstance(product, str):
            return {}
        if product.model.family() is not cls.family():
            raise ProductMismatch(product.name, found=product.model.family().name, expected=cls.family().name)
        assigned = next((name for name in product.fixed_inputs if name in given), None)
        if assigned is not None:
            raise FixedInputAssigned(cls.__name__, assigned)
        return loaded_values(product.fixed_inputs, cls.structure())

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


def _ids_of(values: Iterable[object]) -> frozenset[BlockId]:
    """The ids of the blocks in values of fields; what else may be there is for validation to refuse."""
    found: list[object] = []
    for value in values:
        found += value if isinstance(value, list) else [value]
    return frozenset(block.id for block in found if isinstance(block, ProductBlockModel))


def _own_blocks(subscription: SubscriptionModel) -> None:
    """Let blocks that belong to no subscription yet belong to this one.

    Raises:
        ForeignBlock: if a field of the subscription itself holds a block of another one.
    """
    fields = subscription.structure()
    for field in fields.blocks.values():
        for block in field.values(getattr(subscription, field.name)):
            if block.subscription_id not in {None, subscription.id}:
                raise ForeignBlock(block.id, owner=block.subscription_id, subscription_id=subscription.id)
    for placed in walk(subscription, fields, subscription_id=subscription.id):
        if placed.block.subscription_id is None:
            placed.block.subscription_id = subscription.id


def _refuse_marks(model: type[SubscriptionModel]) -> None:
    """Check that the fields of a subscription itself are neither indexed nor references.

    Raises:
        UnsupportedField: for the first that is.
    """
    fields = model.structure()
    indexed = next((name for name, field in fields.scalars.items() if field.indexed), None)
    if indexed is not None:
        raise UnsupportedField(
            model.__name__, indexed, found="Indexed() on a fixed input", expected="it on a field of a block"
        )
    referring = next((name for name, field in fields.blocks.items() if field.refers), None)
    if referring is not None:
        raise UnsupportedField(
            model.__name__,
            referring,
            found="Reference() on a field of a subscription itself",
            expected="it on a field of a block",
        )
