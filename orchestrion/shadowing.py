"""Refusal of foreign packages that carry the name of one of ours.

Applications own names such as `domain` too. Python would import one of the two in silence, so start-up
refuses, with both paths.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

OUR_PACKAGES = ("domain", "engine", "graph", "orchestrion")


class ShadowedPackage(ImportError):
    """A package on the import path has the name of one of Orchestrion's own.

    Attributes:
        package: The name both have.
        ours: Where Orchestrion's package lies.
        foreign: Where the other one lies.
    """

    def __init__(self, *, package: str, ours: Path, foreign: Path) -> None:
        super().__init__(
            f"The package {package!r} exists twice on the import path: Orchestrion's at {ours}, another at "
            f"{foreign}. Expected only Orchestrion's: rename the other one or take its folder off the path."
        )
        self.package = package
        self.ours = ours
        self.foreign = foreign


def refuse_shadowed_packages(*, home: Path | None = None, path: Iterable[str] | None = None) -> None:
    """Check every entry of the import path for a package that has the name of one of ours.

    Args:
        home: The folder that holds our packages; None: the parent of this one.
        path: The entries to look through; None: `sys.path`.

    Raises:
        ShadowedPackage: If one is found.
    """
    home = home or Path(__file__).resolve().parent.parent
    for entry in sys.path if path is None else path:
        folder = Path(entry or ".").resolve()
        if folder == home:
            continue
        for package, foreign in _packages_in(folder):
            raise ShadowedPackage(package=package, ours=home / package, foreign=foreign)


def _packages_in(folder: Path) -> Iterator[tuple[str, Path]]:
    for package in OUR_PACKAGES:
        for candidate in (folder / package / "__init__.py", folder / f"{package}.py"):
            if candidate.is_file():
                yield package, candidate
