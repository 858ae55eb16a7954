"""Form pages: what a wizard asks for, and how a client sees it."""

import inspect
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from domain.json import JsonValue

PageT = TypeVar("PageT", bound="FormPage")

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class FormPage(BaseModel):
    """One page of a form. Unknown fields are refused; defaults are validated.

    `class Confirm(FormPage, last=True)` tells clients that no page follows it.
    """

    model_config = ConfigDict(extra="forbid", validate_default=True)

    last_page: ClassVar[bool] = False

    def __init_subclass__(cls, *, last: bool | None = None, **options: object) -> None:
        """Record whether the page is the form's last one; a subclass of a page inherits it."""
        super().__init_subclass__()
        if last is not None:
            cls.last_page = last


class Ask(Protocol):
    """Asks the person filling in the form for one page, and gives back the page filled in."""

    async def __call__(self, page: type[PageT], /) -> PageT:
        """The answers to the page, validated."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FormPageView:
    """A page as a client needs it to show it.

    Attributes:
        title: The page's title.
        schema: JSON Schema 2020-12 of the page's fields.
        has_next: Whether another page follows; the last one shows "submit".
        page_index: The page's place in the list of pages the client sends, from 0.
    """

    title: str
    schema: JsonValue
    has_next: bool
    page_index: int


def view_page(page: type[BaseModel], *, index: int, has_next: bool) -> FormPageView:
    """The page as a client sees it: its title is configured, its docstring's first line, or its name."""
    title = page_title(page)
    schema = page.model_json_schema()
    return FormPageView(
        title=title,
        schema={"$schema": _DIALECT, **schema, "title": title},
        has_next=has_next,
        page_index=index,
    )


def page_title(page: type[BaseModel]) -> str:
    """The title configured in the page's model config, its docstring's first line, or its name."""
    configured = page.model_config.get("title")
    if configured:
        return configured
    documented = inspect.cleandoc(page.__doc__ or "")
    return documented.splitlines()[0].removesuffix(".") if documented else page.__name__
