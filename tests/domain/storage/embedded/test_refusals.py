import socket
import subprocess
from collections.abc import Generator
from pathlib import Path

import asyncpg
import pytest

from domain.storage.embedded import (
    AccountRefused,
    BinariesNotFound,
    DiskFull,
    EmbeddedPostgres,
    FolderRefused,
    OtherMajorVersion,
    PortRefused,
    PostgresOptions,
    StartFailed,
)
from tests.domain.storage.embedded.accounts import NEEDS_ROOT, ROOT
from tests.domain.storage.embedded.conftest import StartUser
from tests.domain.storage.embedded.queries import fetch

FAST = PostgresOptions(durable=False)


@pytest.fixture
def taken_port() -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@pytest.fixture
def small_disk(empty_folder: Path) -> Generator[Path]:
    """A file system that holds one cluster and little more."""
    mounted = empty_folder / "disk"
    mounted.mkdir()
    made = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", "size=64m,mode=755", "tmpfs", mounted], check=False
    )
    if made.returncode != 0:
        pytest.skip("file systems cannot be mounted here")
    yield mounted
    subprocess.run(["/bin/umount", mounted], check=True)


def test_data_of_another_major_version_is_refused(folder: Path) -> None:
    EmbeddedPostgres.start(folder, options=FAST).close()
    (folder / "data" / "PG_VERSION").write_text("15\n")

    with pytest.raises(OtherMajorVersion) as refused:
        EmbeddedPostgres.start(folder, options=FAST)

    assert (refused.value.found, refused.value.expected) == ("15", "18")
    assert "holds data of PostgreSQL 15, expected 18" in str(refused.value)


def test_a_taken_port_is_refused_and_nothing_is_left_running(folder: Path, taken_port: int) -> None:
    with pytest.raises(PortRefused, match=r"127\.0\.0\.1:\d+: Address already in use") as refused:
        EmbeddedPostgres.start(folder, options=PostgresOptions(durable=False, port=taken_port))

    assert refused.value.port == taken_port
    assert not (folder / "data" / "postmaster.pid").exists()
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        assert fetch(server.dsn("postgres"), "SELECT 1") == 1


def test_a_port_takes_logins_with_the_password_only(folder: Path, free_port: int) -> None:
    with EmbeddedPostgres.start(folder, options=PostgresOptions(durable=False, port=free_port)) as server:
        dsn = server.tcp_dsn("postgres")
        by_socket = fetch(server.dsn("postgres"), "SELECT inet_server_port()")

        assert fetch(dsn, "SELECT inet_server_port()") == free_port
        assert by_socket is None
        with pytest.raises(asyncpg.InvalidPasswordError):
            fetch(f"postgresql://orchestrion:wrong@127.0.0.1:{free_port}/postgres", "SELECT 1")


def test_a_running_server_without_the_port_is_refused(folder: Path, free_port: int) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        with pytest.raises(PortRefused):
            EmbeddedPostgres.start(folder, options=PostgresOptions(durable=False, port=free_port))

        assert fetch(server.dsn("postgres"), "SELECT 1") == 1
        with pytest.raises(ValueError, match="without a TCP port"):
            server.tcp_dsn()


def test_a_file_in_the_folders_place_is_refused(empty_folder: Path) -> None:
    (empty_folder / "file").write_text("")

    for place in (empty_folder / "file", empty_folder / "file" / "below"):
        with pytest.raises(FolderRefused):
            EmbeddedPostgres.start(place, options=FAST)


def test_a_data_folder_with_something_else_is_refused(empty_folder: Path) -> None:
    data = empty_folder / "data"
    data.mkdir()
    (data / "letter").write_text("dear reader")
    if ROOT:
        subprocess.run(["/bin/chown", "-R", "nobody", data], check=True)

    with pytest.raises(FolderRefused, match="neither empty nor a PostgreSQL cluster"):
        EmbeddedPostgres.start(empty_folder, options=FAST)

    assert [entry.name for entry in data.iterdir()] == ["letter"]


@NEEDS_ROOT
def test_a_folder_of_somebody_else_is_refused(empty_folder: Path, start_user: StartUser) -> None:
    facts = start_user(empty_folder / "new", account="nobody").facts

    assert facts["error"] == "FolderRefused"
    assert "Permission denied" in str(facts["message"])


@NEEDS_ROOT
def test_a_cluster_of_somebody_else_is_refused(empty_folder: Path, start_user: StartUser) -> None:
    EmbeddedPostgres.start(empty_folder, options=PostgresOptions(durable=False, account="daemon")).close()

    facts = start_user(empty_folder, account="nobody").facts

    assert facts["error"] == "FolderRefused"
    assert "Permission denied" in str(facts["message"])


@NEEDS_ROOT
def test_another_account_than_the_datas_owner_is_refused(folder: Path) -> None:
    with pytest.raises(FolderRefused, match="belongs to nobody, expected daemon"):
        EmbeddedPostgres.start(folder, options=PostgresOptions(account="daemon"))


def test_a_folder_without_programs_is_refused(empty_folder: Path) -> None:
    with pytest.raises(BinariesNotFound) as refused:
        EmbeddedPostgres.start(empty_folder / "cluster", options=FAST, bin_folder=empty_folder)

    assert refused.value.searched == (str(empty_folder),)
    assert not (empty_folder / "cluster").exists()


def test_a_failed_start_tells_what_the_server_said(folder: Path) -> None:
    EmbeddedPostgres.start(folder, options=FAST).close()

    with pytest.raises(StartFailed) as failed:
        EmbeddedPostgres.start(folder, options=PostgresOptions(settings={"shared_buffers": "plenty"}))

    assert failed.value.log_tail.splitlines()[0].endswith(
        'FATAL:  invalid value for parameter "shared_buffers": "plenty"'
    )


@NEEDS_ROOT
@pytest.mark.parametrize("account", ["no-such-account", "root"])
def test_an_unusable_account_is_refused(folder: Path, account: str) -> None:
    with pytest.raises(AccountRefused) as refused:
        EmbeddedPostgres.start(folder, options=PostgresOptions(account=account))

    assert refused.value.account == account


@NEEDS_ROOT
def test_a_full_disk_is_told_when_the_cluster_is_made(small_disk: Path) -> None:
    fill(small_disk, keep_bytes=8 * 1024 * 1024)

    with pytest.raises(DiskFull):
        EmbeddedPostgres.start(small_disk, options=FAST)

    (small_disk / "filler").unlink()
    assert not (small_disk / "data").exists()
    with EmbeddedPostgres.start(small_disk, options=FAST) as server:
        assert fetch(server.dsn("postgres"), "SELECT 1") == 1


@NEEDS_ROOT
def test_a_full_disk_is_told_when_the_server_starts(small_disk: Path) -> None:
    EmbeddedPostgres.start(small_disk, options=FAST).close()
    fill(small_disk, keep_bytes=0)

    with pytest.raises(DiskFull):
        EmbeddedPostgres.start(small_disk, options=FAST)


def fill(disk: Path, *, keep_bytes: int) -> None:
    """Leaves that much room."""
    block = bytes(4096)
    with (disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(block)
        except OSError:
            filler.truncate(max(0, filler.tell() - keep_bytes))


@pytest.mark.parametrize("name", ["port", "Listen_Addresses", "data_directory"])
def test_settings_of_the_launcher_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name.lower()):
        PostgresOptions(settings={name: "1"})


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_a_port_out_of_range_is_refused(port: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 65535"):
        PostgresOptions(port=port)
