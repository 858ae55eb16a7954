from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import timedeltas

from graph.types.durations import duration_text, read_duration

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
