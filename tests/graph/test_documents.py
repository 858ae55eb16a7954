"""Which documents are kept, and what a server without introspection says of others."""

import pytest
from graphql import build_schema

from graph.execution.documents import Documents, RequestRefused
from graph.limits import DocumentLimits
from graph.settings import GraphSettings

SCHEMA = build_schema("type Query { a(x: Int): Query! b: Int }")


def documents(*, cached_tokens: int = 100, introspection: bool = True) -> Documents:
    settings = GraphSettings(document=DocumentLimits(tokens=50), introspection=introspection)
    return Documents(SCHEMA, settings, cached_tokens=cached_tokens)


def test_a_document_is_prepared_once() -> None:
    prepared = documents()

    first = prepared.prepare("{ b }")

    assert prepared.prepare("{ b }") is first
    assert prepared.kept == 1


@pytest.mark.parametrize("query", ["{", "{ c }", "{ " + "b " * 60 + "}", "{ a(x: " + "1" * 401 + ") { b } }"])
def test_what_is_refused_is_not_kept(query: str) -> None:
    prepared = documents()

    for _ in range(2):
        with pytest.raises(RequestRefused):
            prepared.prepare(query)

    assert prepared.kept == 0


def test_what_was_not_used_for_longest_goes_first() -> None:
    prepared = documents(cached_tokens=10)
    oldest = prepared.prepare("{ b }")
    other = prepared.prepare("{ c: b }")  # with the one before, eight words and signs
    assert prepared.prepare("{ b }") is oldest

    prepared.prepare("{ d: b }")

    assert prepared.kept == 2
    assert prepared.prepare("{ b }") is oldest
    assert prepared.prepare("{ c: b }") is not other


def test_a_document_that_takes_all_room_is_not_kept() -> None:
    prepared = documents(cached_tokens=10)
    kept = prepared.prepare("{ b }")

    prepared.prepare("{ " + "b " * 10 + "}")
    prepared.prepare("{ b } # " + "x" * 200)  # few words, and long

    assert prepared.kept == 1
    assert prepared.prepare("{ b }") is kept
