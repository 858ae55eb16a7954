"""What people note about processes: kept in the process's row, and apart from all that its runs write there.

A note has a version of its own. It touches neither the process's version, by which answers to forms are
fenced, nor what checkpoints are fenced by. It is written in one statement that commits at once, so a run
waits for it no longer than for another run's checkpoint.
"""

from dataclasses import dataclass

import asyncpg

from domain.ids import ProcessId
from domain.scope import Scope
from engine.store.channels import NOTE_CHANNEL
from engine.store.records import NoteRecord
from engine.store.scoping import customers_of, visible


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What became of a note.

    Attributes:
        found: The version it had before.
        written: The version it has now; None if it was left as it is.
    """

    found: int
    written: int | None


_WRITE = f"""
WITH subject AS MATERIALIZED (
    SELECT p.id, p.note_version FROM process AS p
    WHERE p.id = $1 AND {visible("$2")}
    FOR NO KEY UPDATE
),
written AS (
    UPDATE process AS p SET note = $3, note_version = f.note_version + 1
    FROM subject AS f
    WHERE p.id = f.id AND ($4::int IS NULL OR f.note_version = $4) AND p.note IS DISTINCT FROM $3
    RETURNING p.id, p.note_version
)
SELECT f.note_version AS found, w.note_version AS written,
       CASE WHEN w.id IS NOT NULL THEN pg_notify('{NOTE_CHANNEL}', replace(w.id::text, '-', '')) END
FROM subject AS f LEFT JOIN written AS w ON true
"""  # noqa: S608  # made of constants of this package

_READ = f"SELECT p.id, p.note, p.note_version FROM process AS p WHERE p.id = $1 AND {visible('$2')}"  # noqa: S608


async def write(
    connection: asyncpg.Connection,
    process_id: ProcessId,
    note: str | None,
    *,
    expected_version: int | None,
    scope: Scope,
) -> Noted | None:
    """Replace the note and tell those who watch, if it has the version expected; None admits any version.

    None if there is no such process in scope. What says the same already is left as it is. One statement.

    Locks: the row of the process.
    """
    row = await connection.fetchrow(_WRITE, process_id, customers_of(scope), note, expected_version)
    return None if row is None else Noted(found=row["found"], written=row["written"])


async def read(connection: asyncpg.Connection, process_id: ProcessId, *, scope: Scope) -> NoteRecord | None:
    """The note of a process as it is now; None if the process is gone, or out of scope."""
    row = await connection.fetchrow(_READ, process_id, customers_of(scope))
    if row is None:
        return None
    return NoteRecord(process_id=ProcessId(row["id"]), note=row["note"], version=row["note_version"])
