import pytest
from graphql import parse

from graph.limits import DocumentLimits, ReadBudget, TooMuchRead, excesses

LIMITS = DocumentLimits(depth=3, fields=6)


@pytest.mark.parametrize(
    "query",
    [
        "{ a { b { c } } }",
        "{ a b c d e f }",
        "{ a { ...F } } fragment F on T { b { c } }",
        "{ ...F ...F } fragment F on T { a b c }",
        "{ ...F } fragment F on T { a ...F }",
        "{ __schema { types { fields { type { name } } } } }",
        "{ ...Unknown }",
    ],
)
def test_what_is_small_enough_is_taken(query: str) -> None:
    assert excesses(parse(query), LIMITS) == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ a { b { c { d } } } }", "The operation is 4 fields deep: at most 3 are taken."),
        (
            "query Q { a { ... on T { b { ...F } } } } fragment F on T { c { d } }",
            "'Q' is 4 fields deep: at most 3 are taken.",
        ),
        ("{ a b c d e f g }", "The operation selects 7 fields: at most 6 are taken."),
        (
            "query Q { ...F ...F x: a } fragment F on T { a b c }",
            "'Q' selects 7 fields: at most 6 are taken.",
        ),
    ],
)
def test_what_is_too_large_is_named_with_its_size(query: str, message: str) -> None:
    assert [error.message for error in excesses(parse(query), LIMITS)] == [message]


def test_fragments_that_multiply_are_counted_without_being_written_out() -> None:
    doubled = "".join(
        f"fragment F{number} on T {{ a {{ ...F{number + 1} }} b {{ ...F{number + 1} }} }}"
        for number in range(20)
    )

    [error] = excesses(parse(f"{{ ...F0 }} {doubled} fragment F20 on T {{ c }}"), DocumentLimits())

    assert error.message == "The operation selects 3145726 fields: at most 2000 are taken."


def test_a_long_chain_of_fragments_does_not_exhaust_the_stack() -> None:
    chain = "".join(f"fragment F{number} on T {{ ...F{number + 1} }}" for number in range(2_000))

    [error] = excesses(parse(f"{{ ...F0 }} {chain}"), DocumentLimits())

    assert error.message == "The operation nests its selections more than 100 times: none are taken."


def test_lists_are_paid_for_from_one_budget() -> None:
    budget = ReadBudget(3)

    budget.take(2)
    budget.take(1)

    with pytest.raises(TooMuchRead, match="at most 3 entries together"):
        budget.take(1)
