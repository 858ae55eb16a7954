"""The notification channels, and the SQL that wakes their listeners."""

EVENT_CHANNEL = "orchestrion_event"
"""Says that processes have new event rows. Payload: their ids in hex, comma-separated, or `*` for "any"."""

INBOX_CHANNEL = "orchestrion_inbox"
"""Says that something for running processes arrived, such as an abort. Payload as above."""

PROGRESS_CHANNEL = "orchestrion_progress"
"""Says that steps in flight have come further. Payload as above."""

NOTE_CHANNEL = "orchestrion_note"
"""Says that somebody has noted something about processes. Payload as above."""

_LONGEST_PAYLOAD = 7900


def notify_event(process_id: str) -> str:
    """An SQL expression that wakes the readers of one process's events when the transaction commits."""
    return f"pg_notify('{EVENT_CHANNEL}', replace({process_id}::text, '-', ''))"


def notify_inbox(process_id: str) -> str:
    """An SQL expression that wakes the worker that owns the process when the transaction commits."""
    return f"pg_notify('{INBOX_CHANNEL}', replace({process_id}::text, '-', ''))"


def woken_by(processes: str, *, channel: str = EVENT_CHANNEL) -> str:
    """SQL for a WITH, `hint` and `woken`: one wake-up for the readers of all processes of the named part.

    What follows must read `woken`, or nobody is woken.
    """
    return f"""hint AS (
    SELECT string_agg(replace(id::text, '-', ''), ',') AS ids FROM {processes}
),
woken AS (
    SELECT pg_notify('{channel}', CASE WHEN length(ids) < {_LONGEST_PAYLOAD} THEN ids ELSE '*' END)
    FROM hint WHERE ids IS NOT NULL
)"""  # noqa: S608  # made of constants of this package
