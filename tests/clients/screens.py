"""The operations of the screens, as clients of the sample send them."""

from tests.graph.screens.operations import FILES, FOLDER, read_operations

__all__ = ["FILES", "FOLDER", "read_screens"]


def read_screens() -> dict[str, str]:
    """Gives each operation by its name, with the fragments that it uses."""
    return read_operations(FILES)
