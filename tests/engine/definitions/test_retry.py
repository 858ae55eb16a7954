"""When a failed step is tried again, and after how long."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.retry import RetryPolicy


@given(
    first_delay_s=st.floats(0, 3600),
    more_s=st.floats(0, 3600),
    attempt=st.integers(1, 10_000),
    random=st.randoms(use_true_random=False),
)
def test_a_delay_is_never_negative_and_never_above_the_maximum(
    first_delay_s: float, more_s: float, attempt: int, random: Random
) -> None:
    policy = RetryPolicy(attempts=3, first_delay_s=first_delay_s, max_delay_s=first_delay_s + more_s)

    assert 0 <= policy.delay_s(attempt, random) <= policy.max_delay_s


@given(st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_window_doubles_with_each_attempt_and_jitter_takes_at_most_half(
    attempt: int, random: Random
) -> None:
    policy = RetryPolicy(attempts=100, first_delay_s=0.5, max_delay_s=3600)

    delay_s = policy.delay_s(attempt, random)

    window_s = min(0.5 * 2 ** (attempt - 1), 3600)
    assert window_s / 2 <= delay_s <= window_s


def test_the_same_random_source_gives_the_same_delay() -> None:
    policy = RetryPolicy(attempts=3, first_delay_s=1, max_delay_s=60)

    first, second = (policy.delay_s(4, Random(7)) for _ in range(2))  # noqa: S311  # jitter, no secret

    assert first == second


@pytest.mark.parametrize(
    ("error", "attempt", "elapsed_s", "expected"),
    [
        (ConnectionError(), 1, 0, True),
        (ConnectionRefusedError(), 2, 59.9, True),
        (ConnectionError(), 3, 0, False),
        (ConnectionError(), 1, 60, False),
        (ValueError(), 1, 0, False),
        (KeyboardInterrupt(), 1, 0, False),
    ],
    ids=["first", "subclass", "attempts used up", "past the deadline", "other error", "not an Exception"],
)
def test_a_policy_applies_to_its_errors_while_attempts_and_time_are_left(
    error: BaseException, attempt: int, elapsed_s: float, *, expected: bool
) -> None:
    policy = RetryPolicy(attempts=3, first_delay_s=1, max_delay_s=60, on=(ConnectionError,), deadline_s=60)

    assert policy.applies(error, attempt, elapsed_s) is expected


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"attempts": 0}, "attempts is 0, expected at least 1"),
        ({"first_delay_s": -1.0}, "first_delay_s is -1.0, expected 0 or more"),
        ({"max_delay_s": 0.5}, "max_delay_s is 0.5, expected at least first_delay_s (1.0)"),
        ({"deadline_s": 0.0}, "deadline_s is 0.0, expected more than 0, or None"),
        ({"on": ()}, "on is empty, expected at least one exception class"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(values: dict[str, float], message: str) -> None:
    given_values = {"attempts": 3, "first_delay_s": 1.0, "max_delay_s": 60.0, **values}

    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the whole message is compared
        RetryPolicy(**given_values)  # pyright: ignore[reportArgumentType]  # wrong on purpose

    assert str(refused.value) == message
