"""The operations of the screens, by their names."""

from pathlib import Path

from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse, print_ast

FOLDER = Path(__file__).resolve().parents[1] / "graph" / "operations"
FILES = sorted(FOLDER.glob("*.graphql"))


def read_screens() -> dict[str, str]:
    """Gives each operation as a client sends it: its own text, and the fragments of its file that it uses."""
    screens: dict[str, str] = {}
    for file in FILES:
        definitions = parse(file.read_text()).definitions
        fragments = {
            node.name.value: print_ast(node)
            for node in definitions
            if isinstance(node, FragmentDefinitionNode)
        }
        for node in definitions:
            if isinstance(node, OperationDefinitionNode):
                assert node.name is not None, f"{file.name} has an operation without a name"
                screens[node.name.value] = _with_used(print_ast(node), fragments)
    return screens


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
