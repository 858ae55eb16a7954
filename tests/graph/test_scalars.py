from datetime import timedelta
from typing import Annotated, Literal

import pytest
import strawberry
from hypothesis import given
from hypothesis.strategies import timedeltas
from pydantic import BaseModel, Field
from strawberry.schema.config import StrawberryConfig

from domain.model.definition.scalars import find_scalar
from domain.model.definition.shapes import shape_of
from graph.generate.results.drift import fits
from graph.types.durations import duration_text, read_duration
from graph.types.scalars import Json, narrowed, scalar_map
from tests.parity import parity

MICROSECOND = timedelta(microseconds=1)


@given(timedeltas())
def test_every_span_survives(span: timedelta) -> None:
    assert read_duration(duration_text(span // MICROSECOND)) == span


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(), "PT0S"),
        (timedelta(days=400), "P400D"),
        (timedelta(hours=36), "P1DT12H"),
        (timedelta(seconds=-1.5), "-PT1.5S"),
        (timedelta(minutes=61, microseconds=1), "PT1H1M0.000001S"),
    ],
)
def test_a_span_is_written_in_days_and_less(span: timedelta, text: str) -> None:
    assert duration_text(span // MICROSECOND) == text


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P1DT", "P1Y", "P1M", "1 day", "PT1.0000001S", "PT1H1H", "P٣D"]
)
def test_what_is_no_exact_span_is_not_read(text: str) -> None:
    assert read_duration(text) is None


class Numbers(BaseModel):
    """Whole numbers within several bounds."""

    vlan: Annotated[int, Field(ge=2, le=4094)]
    priority: int | None = Field(default=None, gt=-1, lt=8)
    ports: list[Annotated[int, Field(ge=1, le=65_535)]] = Field(max_length=3)
    level: Literal[1, 2, 3]
    largest: int = Field(ge=-(2**31), le=2**31 - 1)
    larger: int = Field(ge=0, le=2**31)
    bits: int = Field(gt=0)
    rates: Literal[1_000, 10_000_000_000]
    counts: list[int] = Field(max_length=3)
    any: int


@parity("GQ-09")
def test_whole_numbers_that_all_fit_are_int_and_others_big_int() -> None:
    found: dict[str, str] = {}
    for name, info in Numbers.model_fields.items():
        shape = shape_of(info.annotation, info.metadata)
        scalar = find_scalar(*shape.members)
        assert scalar is not None
        found[name] = narrowed(scalar, shape).graphql_name

    assert found == {
        **dict.fromkeys(("vlan", "priority", "ports", "level", "largest"), "Int"),
        **dict.fromkeys(("larger", "bits", "rates", "counts", "any"), "BigInt"),
    }


@pytest.mark.parametrize(("stored", "fit"), [(4094, True), (2**31 - 1, True), (2**31, False), (True, False)])
def test_a_stored_number_that_int_cannot_print_is_drift(stored: int, *, fit: bool) -> None:
    info = Numbers.model_fields["vlan"]
    shape = shape_of(info.annotation, info.metadata)
    scalar = find_scalar(*shape.members)
    assert scalar is not None

    assert fits(stored, narrowed(scalar, shape)) is fit


def test_a_variable_left_out_leaves_no_trace_in_json() -> None:
    schema = strawberry.Schema(_Echo, config=StrawberryConfig(scalar_map=scalar_map()))

    answer = schema.execute_sync(
        "query ($gone: String, $there: String) { same(value: {a: $gone, b: [$gone, {c: $gone}, $there]}) }",
        variable_values={"there": "yes"},
    )

    assert (answer.errors, answer.data) == (None, {"same": {"b": [None, {}, "yes"]}})


@strawberry.type
class _Echo:
    """Gives JSON back."""

    @strawberry.field
    def same(self, value: Json) -> Json:
        """The value."""
        return value
