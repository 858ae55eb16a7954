"""Models, workflows and schemas that are made for one test."""

from collections.abc import Sequence
from types import new_class

import pytest
from pydantic import BaseModel

from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.subscriptions import SubscriptionModel
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.workflow_decorators import task
from engine.workflows import Workflow
from graph.errors import SchemaDefinitionError
from graph.extending.extension import NO_EXTENSION, GraphExtension
from graph.schema import build_schema


def block(name: str = "LinkBlock", **fields: object) -> type[ProductBlockModel]:
    """A block; with a speed if no fields are given."""

    def declare(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = fields or {"speed": int}

    made: type[ProductBlockModel] = new_class(name, (ProductBlockModel,), {"name": name}, declare)
    return made


def model(name: str = "Link", **fields: object) -> type[SubscriptionModel]:
    """A model; with a block `link` if no fields are given."""

    def declare(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = fields or {"link": block()}

    made: type[SubscriptionModel] = new_class(name, (SubscriptionModel,), {"name": name}, declare)
    return made


def catalog(*models: type[SubscriptionModel]) -> Catalog:
    """A catalogue with a product of each model; of one link if none is given."""
    return Catalog(
        [
            Product(
                name=f"P{number}", tag=f"P{number}", product_type="P", description="A product.", model=each
            )
            for number, each in enumerate(models or (model(),))
        ]
    )


def blocks(*made: type[ProductBlockModel]) -> Catalog:
    """A catalogue of one product with these blocks."""
    return catalog(model("Line", **{f"part{number}": each for number, each in enumerate(made)}))


def workflow(name: str, given: type[BaseModel] | None = None) -> Workflow:
    """A task that does nothing."""

    def steps() -> StepList:
        return begin >> done

    steps.__name__ = name
    return task()(steps) if given is None else task(input=given)(steps)


def refusal(
    catalog: Catalog, workflows: Sequence[Workflow] = (), *, extension: GraphExtension = NO_EXTENSION
) -> str:
    """What is said of an application whose schema cannot be built."""
    with pytest.raises(SchemaDefinitionError) as refused:
        build_schema(catalog, Registry(list(workflows)), extension=extension)
    return str(refused.value)
