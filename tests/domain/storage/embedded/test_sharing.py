from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from domain.storage.embedded import EmbeddedPostgres, FolderRefused, PostgresOptions
from tests.domain.storage.embedded.conftest import StartUser
from tests.domain.storage.embedded.queries import fetch, is_down

FAST = PostgresOptions(durable=False)


def test_the_last_of_two_processes_stops_the_server(
    folder: Path, start_user: StartUser, account: str | None
) -> None:
    first = start_user(folder, account=account)
    second = start_user(folder, account=account)

    first.close()
    stays = fetch(second.dsn, "SELECT 1")
    second.close()

    assert first.server_process_id == second.server_process_id
    assert stays == 1
    assert is_down(second.dsn)


def test_the_server_outlives_a_killed_owner_and_the_next_user_stops_it(
    folder: Path, start_user: StartUser, account: str | None
) -> None:
    owner = start_user(folder, rows=1000, account=account)
    owner.kill()

    joined = start_user(folder, account=account)
    rows = fetch(joined.dsn, "SELECT count(*) FROM kept")
    joined.close()

    assert joined.server_process_id == owner.server_process_id
    assert rows == 1000
    assert is_down(joined.dsn)


def test_a_killed_user_does_not_count(folder: Path, start_user: StartUser) -> None:
    killed = start_user(folder)
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        killed.kill()

        assert server.process_id == killed.server_process_id
    assert is_down(killed.dsn)


def test_users_who_start_at_once_share_one_server(empty_folder: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        starts = [threads.submit(EmbeddedPostgres.start, empty_folder, options=FAST) for _ in range(4)]
        servers = [start.result() for start in starts]

    process_ids = {server.process_id for server in servers}
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(EmbeddedPostgres.close, servers))

    assert len(process_ids) == 1
    assert is_down(servers[0].dsn("postgres"))


def test_two_folders_have_two_servers(empty_folder: Path) -> None:
    with (
        EmbeddedPostgres.start(empty_folder / "one", options=FAST) as one,
        EmbeddedPostgres.start(empty_folder / "two", options=FAST) as two,
    ):
        fetch(one.dsn("postgres"), "CREATE TABLE kept AS SELECT 1 AS id")

        assert fetch(two.dsn("postgres"), "SELECT to_regclass('kept')") is None
        assert one.process_id != two.process_id


def test_delete_is_refused_while_others_use_the_server(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as other:
        with pytest.raises(FolderRefused) as refused:
            EmbeddedPostgres.start(folder, options=FAST).delete()

        assert refused.value.folder == folder
        assert fetch(other.dsn("postgres"), "SELECT 1") == 1
