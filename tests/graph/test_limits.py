import pytest
from graphql import parse

from domain.json import JsonValue
from graph.execution.document_sizes import excesses
from graph.execution.variable_sizes import find_excess
from graph.limits import DocumentLimits, ReadBudget, TooMuchRead, VariableLimits

LIMITS = DocumentLimits(
    definitions=4,
    depth=3,
    fields=6,
    aliases=4,
    aliases_of_field=2,
    directives=4,
    directives_at_once=2,
    mutations=2,
    values=4,
)

EMPTY: JsonValue = [[[]]]


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
        "{ x: a y: a x: b y: b }",
        "query @a @b { a @a @b }",
        "mutation { a { b c } ...F } fragment F on T { b }",
        "{ a(x: [1, [2]]) b(x: {c: {d: 1}}) } query B($x: T = [1, 2, 3]) { c }",
        "{ a } query B { b } query C { c } query D { d }",
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
        ("{ x: a y: a z: a }", "The operation has 3 aliases of 'a': at most 2 are taken."),
        (
            "query Q { x: a b { ...F ...F } } fragment F on T { ... on T { y: a } }",
            "'Q' has 3 aliases of 'a': at most 2 are taken.",
        ),
        ("{ x: a y: b x: c y: d z: e }", "The operation has 5 aliases: at most 4 are taken."),
        (
            "query Q($x: T @a) @a { a @a ... @a { b } ...F @a } fragment F on T { c }",
            "'Q' has 5 directives: at most 4 are taken.",
        ),
        ("{ a @a @a @a }", "Found 3 directives in one place: at most 2 are taken."),
        ("{ a } fragment F on T @a @a @a { b }", "Found 3 directives in one place: at most 2 are taken."),
        ("query ($x: T @a @a @a) { a }", "Found 3 directives in one place: at most 2 are taken."),
        ("mutation M { a ...F } fragment F on T { b c }", "'M' has 3 mutations: at most 2 are taken."),
        (
            "{ a(x: {b: [1, 2, 3]}) }",
            "Found 5 values in one argument: at most 4 are taken. Variables hold more.",
        ),
        (
            "query ($x: T = [1, [], {}, 2]) { a @a(b: 1) }",
            "Found 5 values in one argument: at most 4 are taken. Variables hold more.",
        ),
        (
            "{ a @a(b: [1, 2, 3, 4]) }",
            "Found 5 values in one argument: at most 4 are taken. Variables hold more.",
        ),
        (
            "{ a } query B { b } query C { c } query D { d } fragment F on T { e }",
            "The document has 5 operations and fragments: at most 4 are taken.",
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

    assert error.message == "The operation selects 3145726 fields: at most 1000 are taken."


def test_a_long_chain_of_fragments_does_not_exhaust_the_stack() -> None:
    chain = "".join(f"fragment F{number} on T {{ ...F{number + 1} }}" for number in range(2_000))

    [error] = excesses(parse(f"{{ ...F0 }} {chain}"), DocumentLimits(definitions=3_000))

    assert error.message == "The operation nests its selections more than 100 times: none are taken."


def test_fragments_that_multiply_and_hold_nothing_are_looked_at_once() -> None:
    doubled = "".join(
        f"fragment F{number} on T {{ ...F{number + 1} ...F{number + 1} }}" for number in range(60)
    )

    assert excesses(parse(f"{{ ...F0 }} {doubled} fragment F60 on T {{ ...F61 }}"), DocumentLimits()) == []


@pytest.mark.parametrize(
    ("variables", "excess"),
    [
        ({"a": 1, "b": "x" * 100, "c": [1]}, None),
        ({"a": [[1]]}, None),
        ({"a": [1, 2, 3, 4]}, "have more than 4 values"),
        ({"a": {"b": 1, "c": 2}, "d": [None]}, "have more than 4 values"),
        ({"a": EMPTY}, None),
        ({"a": [[{"b": 1}]]}, "are nested more than 3 times"),
    ],
)
def test_variables_are_bounded_in_number_and_depth(
    variables: dict[str, JsonValue], excess: str | None
) -> None:
    assert find_excess(variables, VariableLimits(values=4, depth=3)) == excess


def test_lists_are_paid_for_from_one_budget() -> None:
    budget = ReadBudget(3)

    budget.take(2)
    budget.take(1)

    with pytest.raises(TooMuchRead, match="at most 3 entries together"):
        budget.take(1)
