"""Form pages as clients see them."""

import strawberry

from domain.json import JsonValue
from engine.pages import FormPageView
from graph.permissions import Permission, requires
from graph.types.json_schema import with_public_ids
from graph.types.scalars import Json


@strawberry.type(
    description="A page of a form that is to be filled in.", directives=requires(Permission.CONNECT)
)
class FormPage:
    """A page of a form that is to be filled in."""

    title: str = strawberry.field(description="The page's title.")
    schema: Json = strawberry.field(
        description="JSON Schema (2020-12) of what the page takes, with hints for showing it. Its names are "
        "those of the application's models, which typed mutations write in another way."
    )
    has_next: bool = strawberry.field(description="Whether another page may follow this one.")
    index: int = strawberry.field(description="The page's place among the `pages` to send, from 0.")
    given: Json | None = strawberry.field(
        description="What was filled in on it, as it was sent, where it is shown again as that does not fit; "
        "null if no JSON can tell it."
    )


def form_page(page: FormPageView, *, given: JsonValue = None) -> FormPage:
    """Gives a page as a result, with what was filled in on it."""
    return FormPage(
        title=page.title,
        schema=Json(with_public_ids(page.schema)),
        has_next=page.has_next,
        index=page.page_index,
        given=None if given is None else Json(given),
    )
