"""What starts a workflow: the pages a client fills in, or one object a program sends."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, StringConstraints, create_model
from pydantic_core import PydanticCustomError

from domain.ids import CustomerId
from domain.json import JsonValue
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ProductStatus
from domain.model.subscriptions import SubscriptionModel
from engine.collection import collect_fields, fields_of
from engine.errors import FieldError, FormPageNeeded, InvalidInput
from engine.forms import CheckNamed, parse_page, run_form
from engine.injection import bind
from engine.pages import FormPage, page_title, view_page
from engine.states import Target
from engine.workflows import Wizard, Workflow

LONGEST_CUSTOMER_ID = 255
"""Ids of customers stand in indexes, which have no room for any text."""
_SOLD = frozenset({ProductStatus.ACTIVE, ProductStatus.PRE_PRODUCTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class StartValues:
    """What a process begins with.

    Attributes:
        product: The chosen product's name; None unless the workflow creates a subscription.
        customer_id: Whom it is for; None unless the workflow creates a subscription.
        values: The input's fields as JSON, by name.
    """

    product: str | None
    customer_id: CustomerId | None
    values: dict[str, JsonValue] = field(default_factory=dict[str, JsonValue])


def startable_products(workflow: Workflow, catalog: Catalog) -> tuple[Product, ...]:
    """The products a create workflow may be started for: those of its model that are sold now or soon."""
    if workflow.model is None:
        return ()
    return tuple(product for product in catalog.products_of(workflow.model) if product.status in _SOLD)


@lru_cache(maxsize=1024)
def start_model(workflow: Workflow, catalog: Catalog) -> type[BaseModel]:
    """The one object that starts a workflow: its input's fields; to create, product and customer before them.

    The product has a default if there is no choice. Unknown fields are refused. Models are kept, as building
    one costs more than using it.

    Raises:
        ValueError: if only a wizard knows the workflow's input.
    """
    if not workflow.has_static_input:
        raise ValueError(f"workflow {workflow.name} has no input model, it is started by its wizard's pages")
    ground = _choice_page(workflow, catalog) if workflow.target is Target.CREATE else FormPage
    given = workflow.input_model
    if given is None:
        return create_model(
            f"{_pascal_case(workflow.name)}Start", __base__=ground, __doc__=workflow.description
        )
    bases = (given,) if issubclass(given, ground) else (given, ground)
    model = create_model(f"{given.__name__}Start", __base__=bases, __doc__=given.__doc__)
    model.model_config["title"] = page_title(given)
    return model


async def parse_start(
    workflow: Workflow,
    catalog: Catalog,
    pages: Sequence[JsonValue],
    *,
    subject: SubscriptionModel | None = None,
    check_named: CheckNamed | None = None,
) -> StartValues:
    """What the pages sent so far start the workflow with.

    Args:
        workflow: The workflow.
        catalog: The products to choose from.
        pages: The pages from the first one on; to create with a wizard, the first is product and customer.
        subject: What the workflow is about, for its wizard to read; None to create, or without a subject.
        check_named: Asked about the subscriptions that the pages of a wizard name, if another page is needed.

    Raises:
        FormPageNeeded: if another page is needed.
        InvalidInput: if a page does not fit, or there are too many.
    """
    if workflow.form is not None:
        return await _parse_wizard(
            workflow, workflow.form, catalog, pages, subject=subject, check_named=check_named
        )
    model = start_model(workflow, catalog)
    if not pages and model.model_fields:
        raise FormPageNeeded(view_page(model, index=0, has_next=False))
    if len(pages) > 1:
        raise InvalidInput(
            [FieldError(path=("pages", 1), message="The form has one page", code="too_many_pages")]
        )
    page = parse_page(model, pages[0] if pages else {}, path=("pages", 0))
    return _start_values(workflow, page)


def parse_values(workflow: Workflow, catalog: Catalog, values: JsonValue) -> StartValues:
    """What the one object of a program starts the workflow with, whether or not there is a wizard.

    Raises:
        InvalidInput: if it does not fit; paths begin at the object.
        ValueError: if only a wizard knows the workflow's input.
    """
    return _start_values(workflow, parse_page(start_model(workflow, catalog), values))


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "Found blank text, expected some text")
    return text


class _Choice(FormPage):
    """What is created, and for whom."""

    product: str
    customer_id: Annotated[
        str,
        StringConstraints(min_length=1, max_length=LONGEST_CUSTOMER_ID),
        AfterValidator(_not_blank),
    ]


def _choice_page(workflow: Workflow, catalog: Catalog) -> type[_Choice]:
    names = tuple(product.name for product in startable_products(workflow, catalog))
    choices: type[str] = Literal[*names]  # pyright: ignore[reportInvalidTypeForm, reportAssignmentType]  # the names are known at run time only
    default = names[0] if len(names) == 1 else ...
    return create_model(
        "ProductChoice", __base__=_Choice, __doc__=_Choice.__doc__, product=(choices, default)
    )


async def _parse_wizard(
    workflow: Workflow,
    wizard: Wizard,
    catalog: Catalog,
    pages: Sequence[JsonValue],
    *,
    subject: SubscriptionModel | None,
    check_named: CheckNamed | None,
) -> StartValues:
    choice: _Choice | None = None
    state: dict[str, JsonValue] = {}
    if workflow.target is Target.CREATE:
        page = _choice_page(workflow, catalog)
        if not pages:
            raise FormPageNeeded(view_page(page, index=0, has_next=True))
        choice = parse_page(page, pages[0], path=("pages", 0))
        state = {"product": choice.product, "customer_id": choice.customer_id}
    elif subject is not None and workflow.model is not None:
        state = {workflow.model.key: str(subject.id), "customer_id": subject.customer_id}
    inputs = bind(
        wizard,
        state,
        context=None,
        services={},
        catalog=catalog,
        subscriptions={subject.id: subject} if subject is not None else {},
    )
    first_index = 0 if choice is None else 1
    result = await run_form(
        wizard.function, pages[first_index:], inputs, first_index=first_index, check_named=check_named
    )
    return StartValues(
        product=choice.product if choice else None,
        customer_id=CustomerId(choice.customer_id) if choice else None,
        values=collect_fields(wizard.key, workflow.inputs, fields_of(result)).values,
    )


def _start_values(workflow: Workflow, given: BaseModel) -> StartValues:
    fields = fields_of(given)
    inputs = {name: fields[name] for name in workflow.inputs}
    values = collect_fields(workflow.name, workflow.inputs, inputs).values
    if not isinstance(given, _Choice):
        return StartValues(product=None, customer_id=None, values=values)
    return StartValues(product=given.product, customer_id=CustomerId(given.customer_id), values=values)


def _pascal_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
