"""Carrying out a form: its function is replayed over the pages that were sent so far."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError

from domain.json import JsonValue, UnrepresentableValue, encode
from engine.annotations import function_name
from engine.errors import FieldError, FormPageNeeded, InvalidInput, Refusal
from engine.named_subscriptions import NamedSubscription, named_on
from engine.pages import Ask, FormPage, FormPageView, view_page
from engine.validation import field_errors, parse_as

__all__ = ["Ask", "CheckNamed", "FormPage", "FormPageView", "parse_page", "run_form", "view_page"]

ModelT = TypeVar("ModelT", bound=BaseModel)
PageT = TypeVar("PageT", bound=FormPage)

CheckNamed: TypeAlias = Callable[[Sequence[NamedSubscription]], Awaitable[None]]
"""Raises InvalidInput unless the subscriptions that pages name can be used now."""


async def run_form(
    form: Callable[..., object],
    pages: Sequence[JsonValue],
    inputs: Mapping[str, object],
    *,
    first_index: int = 0,
    check_named: CheckNamed | None = None,
) -> BaseModel | Mapping[str, object]:
    """What the form gives when it is filled in with these pages.

    Args:
        form: An async function whose first parameter is its `ask`.
        pages: The answers, page by page, from the first one on.
        inputs: What else the function takes, by name.
        first_index: The place of the first page in what the client sends.
        check_named: Asked about the subscriptions that the pages name, if another page is needed: nobody
            fills that in for nothing. With all pages in, the one who acts on them checks them.

    Raises:
        FormPageNeeded: if the form asks for more than was sent.
        InvalidInput: if a page does not fit or names a subscription that cannot be used, if the pages do not
            fit together, so that a model the form makes of them refuses, or if more was sent than the form
            asks for.
    """
    answers = _Answers(pages, first_index=first_index)
    outcome = form(answers, **inputs)
    if not inspect.isawaitable(outcome):
        raise TypeError(f"{function_name(form)} is a form and must be an async function")
    try:
        result = await outcome
    except ValidationError as error:
        raise InvalidInput(field_errors(error, path=answers.last_path)) from error
    except FormPageNeeded:
        if check_named is not None and answers.named:
            await check_named(answers.named)
        raise
    answers.refuse_what_is_left()
    if not isinstance(result, BaseModel | Mapping):
        raise TypeError(f"{function_name(form)} gave {type(result).__name__}, expected a model or a mapping")
    return result  # pyright: ignore[reportUnknownVariableType]  # the mapping's types are checked by its taker


def parse_page(model: type[ModelT], value: JsonValue, *, path: tuple[str | int, ...] = ()) -> ModelT:
    """What was sent as an instance of the model, all of which can be stored.

    Raises:
        InvalidInput: with every error, its path beginning with `path`.
    """
    page = parse_as(model, value, path=path)
    try:
        # A text may have become a number that JSON has no place for.
        encode(page.model_dump(mode="json", warnings=False))
    except UnrepresentableValue as error:
        place = (*path, *error.path)
        problem = FieldError(path=place, message=f"Cannot be stored: {error.found}", code="unrepresentable")
        raise InvalidInput([problem]) from error
    return page


class _Answers:
    """Answers a form's questions from the pages that were sent."""

    def __init__(self, pages: Sequence[JsonValue], *, first_index: int) -> None:
        self._pages = pages
        self._first_index = first_index
        self._asked = 0
        self.named: list[NamedSubscription] = []
        self._refusal: Refusal | None = None

    async def __call__(self, page: type[PageT], /) -> PageT:
        """The next page that was sent.

        Raises:
            FormPageNeeded: if there is none.
            InvalidInput: if it does not fit.
        """
        try:
            return self._answer(page)
        except Refusal as refusal:
            self._refusal = refusal
            raise

    @property
    def last_path(self) -> tuple[str | int, ...]:
        """The place of the last page that was asked for; the whole input before the first."""
        return ("pages", self._first_index + self._asked - 1) if self._asked else ()

    def refuse_what_is_left(self) -> None:
        """Check that the form is through with its pages.

        Raises:
            FormPageNeeded: if a page was asked for in vain, and the form went on regardless.
            InvalidInput: if such a page did not fit, or pages are left that nobody asked for.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._asked < len(self._pages):
            raise InvalidInput(
                [
                    FieldError(
                        path=("pages", self._first_index + self._asked),
                        message=f"The form ends before this page: it has {self._first_index + self._asked}",
                        code="too_many_pages",
                    )
                ]
            )

    def _answer(self, page: type[PageT]) -> PageT:
        position = self._asked
        index = self._first_index + position
        if position >= len(self._pages):
            raise FormPageNeeded(view_page(page, index=index, has_next=not page.last_page))
        self._asked += 1
        path = ("pages", index)
        answer = parse_page(page, self._pages[position], path=path)
        self.named += named_on(answer, path)
        return answer
