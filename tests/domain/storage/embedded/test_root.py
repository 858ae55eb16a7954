import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from domain.storage.embedded import EmbeddedPostgres, FolderRefused, PostgresOptions, find_binaries
from domain.storage.embedded.account import ServerAccount
from domain.storage.embedded.binary_cache import reachable_installation
from tests.domain.storage.embedded.accounts import NEEDS_ROOT
from tests.domain.storage.embedded.conftest import StartUser
from tests.domain.storage.embedded.queries import fetch

pytestmark = NEEDS_ROOT


@pytest.fixture
def closed(empty_folder: Path) -> Path:
    """A empty_folder that only root can pass through."""
    made = empty_folder / "closed"
    made.mkdir(mode=0o700)
    return made


@pytest.fixture
def options(empty_folder: Path) -> PostgresOptions:
    return PostgresOptions(
        durable=False, root_folders=(empty_folder / "missing" / "root", empty_folder / "root")
    )


def test_a_cluster_in_a_closed_folder_is_placed_elsewhere_and_found_again(
    closed: Path, empty_folder: Path, options: PostgresOptions
) -> None:
    place = closed / "project" / ".orchestrion"
    with EmbeddedPostgres.start(place, options=options) as server:
        fetch(server.dsn("postgres"), "CREATE TABLE kept AS SELECT 7 AS id")
        elsewhere = server.folder

    again = EmbeddedPostgres.start(place, options=options)
    kept = fetch(again.dsn("postgres"), "SELECT id FROM kept")
    again.delete()

    assert elsewhere.parent == empty_folder / "root" / "clusters"
    assert kept == 7
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert (elsewhere.exists(), place.exists()) == (False, False)


def test_a_lost_place_is_refused_and_not_begun_again(
    closed: Path, empty_folder: Path, options: PostgresOptions
) -> None:
    EmbeddedPostgres.start(closed, options=options).close()
    shutil.rmtree(empty_folder / "root")

    with pytest.raises(FolderRefused, match="says that the cluster is in"):
        EmbeddedPostgres.start(closed, options=options)


def test_two_closed_folders_have_two_places(closed: Path, options: PostgresOptions) -> None:
    with (
        EmbeddedPostgres.start(closed / "one", options=options) as one,
        EmbeddedPostgres.start(closed / "two", options=options) as two,
    ):
        assert one.folder != two.folder


def test_a_root_folder_that_others_can_write_is_refused(closed: Path, empty_folder: Path) -> None:
    root_folder = empty_folder / "root"
    root_folder.mkdir()
    root_folder.chmod(0o777)

    with pytest.raises(FolderRefused) as refused:
        EmbeddedPostgres.start(closed / "one", options=PostgresOptions(root_folders=(root_folder,)))

    assert refused.value.folder == root_folder


def test_programs_in_a_closed_folder_are_copied_once(
    closed: Path, empty_folder: Path, options: PostgresOptions
) -> None:
    installation = closed_installation(closed)

    with EmbeddedPostgres.start(empty_folder / "db", options=options, bin_folder=installation) as server:
        program = Path(f"/proc/{server.process_id}/exe").readlink()
    made = program.stat().st_mtime_ns
    with EmbeddedPostgres.start(empty_folder / "db", options=options, bin_folder=installation) as server:
        again = Path(f"/proc/{server.process_id}/exe").readlink()

    assert program.is_relative_to(empty_folder / "root" / "binaries")
    assert (again, again.stat().st_mtime_ns) == (program, made)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    writable = [path for path in (empty_folder / "root").rglob("*") if path.stat().st_mode & 0o022]
    assert writable == []


def test_a_copy_that_others_can_write_is_refused(closed: Path, empty_folder: Path) -> None:
    installation = find_binaries(closed_installation(closed))
    root_folder = empty_folder / "root"
    root_folder.mkdir()
    copy = reachable_installation(installation, root_folder=root_folder)
    copy.root.chmod(0o777)

    with pytest.raises(FolderRefused):
        reachable_installation(installation, root_folder=root_folder)


def test_root_goes_on_with_the_owner_of_the_data(empty_folder: Path, start_user: StartUser) -> None:
    shutil.chown(empty_folder, "daemon", "daemon")
    start_user(empty_folder, rows=3, account="daemon").close()

    with EmbeddedPostgres.start(empty_folder, options=PostgresOptions(durable=False)) as server:
        owner = Path(f"/proc/{server.process_id}").stat().st_uid
        rows = fetch(server.dsn("postgres"), "SELECT count(*) FROM kept")
    again = start_user(empty_folder, account="daemon")
    again.close()

    assert owner == ServerAccount.named("daemon").user_id
    assert rows == 3
    assert "error" not in again.facts


def test_the_server_keeps_no_rights_of_roots(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=PostgresOptions(durable=False)) as server:
        lines = Path(f"/proc/{server.process_id}/status").read_text().splitlines()

    facts = {name: value.split() for name, _, value in (line.partition(":") for line in lines)}
    nobody = ServerAccount.named(None)
    assert facts["Uid"] == [str(nobody.user_id)] * 4
    assert facts["Gid"] == [str(nobody.group_id)] * 4
    assert facts["Groups"] in ([], [str(nobody.group_id)])


def test_links_in_place_of_our_files_are_not_followed(empty_folder: Path) -> None:
    target = empty_folder / "precious"
    target.write_text("precious")
    (empty_folder / "db").mkdir()
    (empty_folder / "db" / "server.log").symlink_to(target)

    with pytest.raises(FolderRefused):
        EmbeddedPostgres.start(empty_folder / "db", options=PostgresOptions(durable=False))

    assert target.read_text() == "precious"
    assert target.stat().st_uid == os.geteuid()


def closed_installation(closed: Path) -> Path:
    """The bin folder of a copy of the wheel's programs in a folder that only root can pass through."""
    installation = find_binaries()
    for part in installation.parts:
        (closed / part).parent.mkdir(exist_ok=True)
        subprocess.run(["/bin/cp", "-a", installation.root / part, closed / part], check=True)
    return installation.within(closed).bin_folder
