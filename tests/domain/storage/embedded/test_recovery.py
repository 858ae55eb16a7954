import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from domain.storage.embedded import EmbeddedPostgres, PostgresOptions, StartTimedOut
from domain.storage.embedded.account import ServerAccount
from tests.domain.storage.embedded.conftest import StartUser
from tests.domain.storage.embedded.queries import fetch

FAST = PostgresOptions(durable=False)


def test_start_recovers_when_everything_was_killed(
    folder: Path, start_user: StartUser, account: str | None
) -> None:
    killed = start_user(folder, rows=1000, account=account)
    killed.kill()
    os.kill(killed.server_process_id, signal.SIGKILL)

    recovered = start_user(folder, account=account)
    rows = fetch(recovered.dsn, "SELECT count(*) FROM kept")
    recovered.close()

    assert recovered.server_process_id != killed.server_process_id
    assert rows == 1000


def test_start_waits_for_the_sessions_of_a_killed_server(folder: Path) -> None:
    killed = EmbeddedPostgres.start(folder, options=FAST)
    session = int(str(fetch_checkpointer(killed)))
    os.kill(session, signal.SIGSTOP)
    os.kill(killed.process_id, signal.SIGKILL)

    with pytest.raises(StartTimedOut):
        EmbeddedPostgres.start(folder, options=PostgresOptions(durable=False, start_timeout_s=0.3))
    os.kill(session, signal.SIGCONT)
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        assert server.process_id != killed.process_id
        assert fetch(server.dsn("postgres"), "SELECT 1") == 1
    killed.close()


def fetch_checkpointer(server: EmbeddedPostgres) -> object:
    return fetch(
        server.dsn("postgres"), "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
    )


def test_an_entry_whose_process_id_is_anothers_by_now_is_swept(folder: Path) -> None:
    server = EmbeddedPostgres.start(folder, options=FAST)
    entry = folder / "data" / "postmaster.pid"
    lines = entry.read_text().splitlines()
    server.close()
    account = owner_of(folder)
    with subprocess.Popen(
        ["/bin/cat"], stdin=subprocess.PIPE, user=account.user_id, group=account.group_id
    ) as other:
        entry.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        account.own(entry)

        with EmbeddedPostgres.start(folder, options=FAST) as restarted:
            assert restarted.process_id != other.pid
            assert other.poll() is None


def test_a_socket_left_by_a_killed_server_is_no_server(folder: Path) -> None:
    EmbeddedPostgres.start(folder, options=FAST).close()
    account = owner_of(folder)
    left = folder / "run" / ".s.PGSQL.5432"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(left))
        account.own(left)

    with EmbeddedPostgres.start(folder, options=FAST) as restarted:
        assert fetch(restarted.dsn("postgres"), "SELECT 1") == 1


def test_a_half_made_cluster_is_made_anew(empty_folder: Path) -> None:
    unfinished = empty_folder / "data.unfinished"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres.start(empty_folder, options=FAST) as server:
        assert fetch(server.dsn("postgres"), "SELECT 1") == 1
    assert not unfinished.exists()


def owner_of(folder: Path) -> ServerAccount:
    return ServerAccount.owning(folder / "data") if os.geteuid() == 0 else ServerAccount.current()


def test_ensure_running_revives_a_killed_server_and_leaves_a_live_one_alone(folder: Path) -> None:
    with EmbeddedPostgres.start(folder, options=FAST) as server:
        first = server.process_id
        server.ensure_running()
        assert server.process_id == first

        os.kill(first, signal.SIGKILL)
        server.ensure_running()

        assert server.process_id != first
        assert fetch(server.dsn("postgres"), "SELECT 1") == 1
