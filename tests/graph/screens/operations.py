"""The operations of the screens, by their names, each as a client sends it."""

from collections.abc import Iterable
from pathlib import Path

from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, print_ast

FOLDER = Path(__file__).resolve().parents[1] / "operations"
FILES = sorted(FOLDER.glob("*.graphql"))
TYPED_BLOCKS = FOLDER / "typed_blocks.graphql"
"""What differs from application to application: the blocks of its models."""

SEEDED_FILES = [
    *(file for file in FILES if file != TYPED_BLOCKS),
    Path(__file__).with_name("typed_blocks.graphql"),
]
"""The same operations, with the blocks of the seeded application."""


def read_operations(files: Iterable[Path] = FILES) -> dict[str, str]:
    """Gives each operation with the fragments that it uses, of whichever file."""
    definitions = [node for file in files for node in parse(file.read_text()).definitions]
    fragments = {
        node.name.value: print_ast(node) for node in definitions if isinstance(node, FragmentDefinitionNode)
    }
    operations: dict[str, str] = {}
    for node in definitions:
        if isinstance(node, OperationDefinitionNode):
            assert node.name is not None, "found an operation without a name"
            operations[node.name.value] = _with_used(print_ast(node), fragments)
    return operations


def _with_used(text: str, fragments: dict[str, str]) -> str:
    used: list[str] = []
    found = [text]
    while found:
        latest = found.pop()
        for name, fragment in fragments.items():
            if f"...{name}\n" in latest and name not in used:
                used.append(name)
                found.append(fragment)
    return "\n\n".join([text, *(fragments[name] for name in used)])
