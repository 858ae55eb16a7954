"""Objects of an application's package, named by texts: `package.module:object`."""

import importlib
import sys
from pathlib import Path


class NothingNamed(LookupError):
    """A reference names nothing.

    Attributes:
        found: What was found instead.
    """

    def __init__(self, found: str) -> None:
        super().__init__(found)
        self.found = found


def load_object(reference: str) -> object:
    """Imports the object that `package.module:object` names; None if the module has none of that name.

    The working folder is searched after the installed packages, as users keep their application there.

    Raises:
        NothingNamed: If the text is not of that form, or there is no such module.
    """
    module_name, separator, attribute = reference.partition(":")
    if not separator or not module_name or not attribute:
        raise NothingNamed("not of that form")
    working_folder = str(Path.cwd())
    if working_folder not in sys.path and "" not in sys.path:
        sys.path.append(working_folder)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and (module_name == error.name or module_name.startswith(f"{error.name}.")):
            raise NothingNamed(f"no module named {error.name!r}") from error
        raise
    return getattr(module, attribute, None)


def told(reference: str, found: object) -> str:
    """Says of what kind the object is that a reference names."""
    return f"{reference.replace(':', '.')} is a {type(found).__name__}"
