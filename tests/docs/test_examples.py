"""The examples on the pages are true: operations fit the schema, answers fit them, code is the sample's."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    is_abstract_type,
    parse,
    validate,
)
from pydantic import JsonValue

from examples.network.app import app
from graph.schema import build_schema
from orchestrion.extension import load_extension
from tests.docs.project import PAGES, ROOT, Block, blocks, name_of

PAGES_WITH_OPERATIONS = [page for page in PAGES if any(block.language == "graphql" for block in blocks(page))]
# The answers of this page are compared with those of a running server, and shortened.
PLAYED = ROOT / "docs" / "api.md"
PAGES_ABOUT_THE_SAMPLE = [ROOT / "README.md", ROOT / "docs" / "tutorial.md"]
SAMPLE = "\n".join(file.read_text() for file in sorted((ROOT / "examples" / "network").rglob("*.py")))


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(app.catalog, app.registry, extension=load_extension(app)).core


@pytest.mark.parametrize("page", PAGES_WITH_OPERATIONS, ids=name_of)
def test_every_operation_of_a_page_fits_the_schema(page: Path, schema: GraphQLSchema) -> None:
    operations = [parse(block.text) for block in blocks(page) if block.language == "graphql"]

    problems = [error.message for operation in operations for error in validate(schema, operation)]

    assert problems == []


@pytest.mark.parametrize("page", [page for page in PAGES_WITH_OPERATIONS if page != PLAYED], ids=name_of)
def test_every_answer_of_a_page_has_the_fields_that_its_operation_selects(
    page: Path, schema: GraphQLSchema
) -> None:
    wrong = [
        (expected, sorted(found))
        for operation, answer in _answered(blocks(page))
        for expected, found in _differences(answer, operation, schema)
    ]

    assert wrong == []


@pytest.mark.parametrize("page", PAGES_ABOUT_THE_SAMPLE, ids=name_of)
def test_every_piece_of_python_on_a_page_is_the_samples(page: Path) -> None:
    pieces = [
        piece
        for block in blocks(page)
        if block.language == "python"
        for piece in re.split(r"\n{3,}", block.text.strip("\n"))
    ]

    invented = [piece for piece in pieces if f"{piece}\n" not in SAMPLE]

    assert invented == []
    assert pieces != []


def _answered(page: Iterable[Block]) -> Iterable[tuple[DocumentNode, Mapping[str, JsonValue]]]:
    """The operations with their answers: the blocks of JSON that follow, one answer or several each."""
    operation: DocumentNode | None = None
    for block in page:
        if block.language == "graphql":
            operation = parse(block.text)
        elif block.language != "json":
            operation = None
        elif operation is not None:
            for answer in _decode_all(block.text):
                yield operation, answer


def _decode_all(text: str) -> Iterable[Mapping[str, JsonValue]]:
    decoder = json.JSONDecoder()
    while text := text.strip():
        answer, end = decoder.raw_decode(text)
        yield answer
        text = text[end:]


def _differences(
    answer: Mapping[str, JsonValue], document: DocumentNode, schema: GraphQLSchema
) -> Iterable[tuple[list[str], Iterable[str]]]:
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    root = schema.get_root_type(operation.operation)
    assert root is not None
    assert answer.keys() == {"data"}, "an answer of a page has data and nothing else"
    yield from _differences_of(answer["data"], [operation.selection_set], root.name, schema)


def _differences_of(
    value: JsonValue, selections: list[SelectionSetNode], type_name: str | None, schema: GraphQLSchema
) -> Iterable[tuple[list[str], Iterable[str]]]:
    """Where a value has other fields than are selected. A type is only known where the answer tells it."""
    if isinstance(value, list):
        for item in value:
            yield from _differences_of(item, selections, type_name, schema)
        return
    if not isinstance(value, dict):
        return
    named = value.get("__typename", type_name)
    fields = _fields(selections, str(named) if named else None, schema)
    if sorted(fields) != sorted(value):
        yield sorted(fields), value
        return
    for name, nested in fields.items():
        if nested:
            yield from _differences_of(value[name], nested, None, schema)


def _fields(
    selections: Iterable[SelectionSetNode], type_name: str | None, schema: GraphQLSchema
) -> dict[str, list[SelectionSetNode]]:
    """The names under which a value of this type has fields, with what is selected of each."""
    fields: dict[str, list[SelectionSetNode]] = {}
    for selection in (selection for one in selections for selection in one.selections):
        match selection:
            case FieldNode(alias=alias, name=name, selection_set=nested):
                below = fields.setdefault((alias or name).value, [])
                below += [nested] if nested else []
            case InlineFragmentNode(type_condition=condition, selection_set=nested):
                if condition is None or _is(type_name, condition.name.value, schema):
                    for field, below in _fields([nested], type_name, schema).items():
                        fields.setdefault(field, []).extend(below)
            case _:
                raise TypeError(f"an example has no {selection.kind}")
    return fields


def _is(type_name: str | None, condition: str, schema: GraphQLSchema) -> bool:
    assert type_name is not None, f"an answer that depends on its type ({condition}) tells it by __typename"
    if type_name == condition:
        return True
    wide, narrow = schema.get_type(condition), schema.get_type(type_name)
    return (
        is_abstract_type(wide) and isinstance(narrow, GraphQLObjectType) and schema.is_sub_type(wide, narrow)
    )
