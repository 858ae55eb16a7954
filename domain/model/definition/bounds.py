"""Bounds that stand beside the type of a field, and whether any value can keep them."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from domain.model.definition.shapes import Shape
from domain.model.errors import ContradictoryBounds

Number = int | float | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bound:
    """One end of a range.

    Attributes:
        open: whether the limit itself is outside.
    """

    limit: Number
    open: bool = False


def check_bounds(model: type[object], name: str, shape: Shape) -> None:
    """Check that some value can keep the bounds of a field, and some item those of a list's items.

    Raises:
        ContradictoryBounds: if none can.
    """
    for marks in (shape.marks, shape.item_marks):
        contradiction = _find_contradiction(marks)
        if contradiction is not None:
            raise ContradictoryBounds(
                model.__name__, name, found=contradiction, expected="bounds that a value can keep"
            )


def _find_contradiction(marks: Iterable[object]) -> str | None:
    """The bounds that no value can keep together, as text; None if there are none."""
    marks = tuple(marks)
    fewest = max((mark.min_length for mark in marks if isinstance(mark, MinLen)), default=0)
    most = min((mark.max_length for mark in marks if isinstance(mark, MaxLen)), default=None)
    if most is not None and fewest > most:
        return f"at least {fewest} and at most {most} of length"
    lowest = max(_lower(marks), key=lambda bound: (bound.limit, bound.open), default=None)
    highest = min(_upper(marks), key=lambda bound: (bound.limit, not bound.open), default=None)
    if lowest is None or highest is None or lowest.limit < highest.limit:
        return None
    if lowest.limit == highest.limit and not (lowest.open or highest.open):
        return None
    return (
        f"{'more than' if lowest.open else 'at least'} {lowest.limit}"
        f" and {'less than' if highest.open else 'at most'} {highest.limit}"
    )


def _lower(marks: Iterable[object]) -> Iterable[_Bound]:
    for mark in marks:
        match mark:
            case Ge(ge=int() | float() | Decimal() as limit):
                yield _Bound(limit=limit)
            case Gt(gt=int() | float() | Decimal() as limit):
                yield _Bound(limit=limit, open=True)
            case _:
                pass


def _upper(marks: Iterable[object]) -> Iterable[_Bound]:
    for mark in marks:
        match mark:
            case Le(le=int() | float() | Decimal() as limit):
                yield _Bound(limit=limit)
            case Lt(lt=int() | float() | Decimal() as limit):
                yield _Bound(limit=limit, open=True)
            case _:
                pass
