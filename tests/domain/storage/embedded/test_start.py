import os
import stat
from pathlib import Path

import pytest

from domain.storage.embedded import EmbeddedPostgres, PostgresOptions
from tests.domain.storage.embedded.accounts import ROOT
from tests.domain.storage.embedded.queries import fetch, is_down

FAST = PostgresOptions(durable=False)


def test_start_makes_a_cluster_and_close_stops_it(empty_folder: Path) -> None:
    server = EmbeddedPostgres.start(empty_folder / "new" / "cluster", options=FAST)
    dsn = server.dsn("postgres")

    found = fetch(
        dsn,
        "SELECT concat_ws(' ', current_setting('server_version_num')::int / 10000,"
        " current_setting('server_encoding'), current_setting('timezone'), current_user)",
    )
    server.close()
    server.close()

    assert found == "18 UTF8 UTC orchestrion"
    assert is_down(dsn)
    assert not (server.folder / "data" / "postmaster.pid").exists()


def test_rows_are_there_at_the_second_start(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        fetch(server.dsn("postgres"), "CREATE TABLE kept AS SELECT generate_series(1, 10) AS id")

    with EmbeddedPostgres.start(folder, options=FAST) as server:
        found = fetch(server.dsn("postgres"), "SELECT count(*) FROM kept")

    assert found == 10


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (PostgresOptions(), "on on 200 60s none"),
        (PostgresOptions(durable=False), "off off 200 60s none"),
        (PostgresOptions(settings={"max_connections": "50", "log_statement": "all"}), "on on 50 60s all"),
    ],
)
def test_options_reach_the_server(folder: Path, options: PostgresOptions, expected: str) -> None:
    with EmbeddedPostgres.start(folder, options=options) as server:
        found = fetch(
            server.dsn("postgres"),
            "SELECT concat_ws(' ', current_setting('fsync'), current_setting('synchronous_commit'),"
            " current_setting('max_connections'), current_setting('idle_in_transaction_session_timeout')"
            ", current_setting('log_statement'))",
        )

    assert found == expected.replace("60s", "1min")


@pytest.mark.parametrize("name", ["x" * 120, "with space, and comma"])
def test_a_path_unfit_for_a_socket_gets_another_run_folder(empty_folder: Path, name: str) -> None:
    server = EmbeddedPostgres.start(empty_folder / name, options=FAST)

    found = fetch(server.dsn("postgres"), "SELECT current_setting('unix_socket_directories')")
    run_folder = Path(str(found))
    mode = stat.S_IMODE(run_folder.stat().st_mode)
    server.delete()

    assert run_folder.parent == Path("/tmp")  # noqa: S108  # where the launcher puts it
    assert mode == 0o700
    assert not run_folder.exists()


def test_the_socket_is_private(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        run_folder = server.folder / "run"
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (run_folder, run_folder / ".s.PGSQL.5432")]
        listens = fetch(server.dsn("postgres"), "SELECT current_setting('listen_addresses')")

    assert modes == [0o700, 0o700]
    assert listens == ""


def test_start_leaves_the_modes_of_existing_folders(empty_folder: Path) -> None:
    outer, inner = empty_folder / "outer", empty_folder / "outer" / "inner"
    inner.mkdir(parents=True)
    outer.chmod(0o750)
    inner.chmod(0o700)
    before = [(path.stat().st_mode, path.stat().st_uid) for path in (empty_folder, outer, inner)]

    EmbeddedPostgres.start(
        inner, options=PostgresOptions(durable=False, root_folders=(empty_folder / "root",))
    ).close()

    assert [(path.stat().st_mode, path.stat().st_uid) for path in (empty_folder, outer, inner)] == before


def test_a_relative_folder_is_found_again(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(empty_folder)

    with EmbeddedPostgres.start(Path(".orchestrion"), options=FAST) as server:
        place = server.folder

    assert place == empty_folder / ".orchestrion"


def test_a_large_log_is_set_aside_at_the_next_start(folder: Path) -> None:
    EmbeddedPostgres.start(folder, options=FAST).close()
    before = (folder / "server.log").read_text()

    EmbeddedPostgres.start(folder, options=PostgresOptions(durable=False, log_limit_bytes=100)).close()

    assert (folder / "server.log.old").read_text() == before
    assert (folder / "server.log").read_text().count("ready to accept connections") == 1


def test_restart_and_stop_act_on_the_running_server(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        first = server.process_id
        fetch(server.dsn("postgres"), "CREATE TABLE kept AS SELECT 1 AS id")

        server.restart()
        second = server.process_id
        server.stop(immediate=True)
        was_down = is_down(server.dsn("postgres"))
        server.restart()

        assert len({first, second, server.process_id}) == 3
        assert was_down
        assert fetch(server.dsn("postgres"), "SELECT count(*) FROM kept") == 1
    assert "not properly shut down" in server.log_file.read_text()


def test_delete_leaves_nothing(empty_folder: Path) -> None:
    server = EmbeddedPostgres.start(empty_folder / "cluster", options=FAST)

    server.delete()

    assert list(empty_folder.iterdir()) == []


@pytest.mark.skipif(not Path("/usr/lib/postgresql/15/bin/initdb").exists(), reason="no PostgreSQL 15 here")
def test_programs_of_the_system_can_be_named(empty_folder: Path) -> None:
    with EmbeddedPostgres.start(
        empty_folder, options=FAST, bin_folder=Path("/usr/lib/postgresql/15/bin")
    ) as server:
        found = fetch(server.dsn("postgres"), "SELECT current_setting('server_version_num')")

    assert str(found).startswith("15")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux shows a process's owner as a file")
def test_the_server_is_an_ordinary_accounts(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        owner = Path(f"/proc/{server.process_id}").stat().st_uid

    assert owner != 0
    assert ROOT or owner == os.geteuid()
