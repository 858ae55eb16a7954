"""The notification channels, and the SQL that wakes their listeners."""

EVENT_CHANNEL = "orchestrion_event"
"""Says that processes have new event rows. Payload: their ids in hex, comma-separated, or `*` for "any"."""

INBOX_CHANNEL = "orchestrion_inbox"
"""Says that something for running processes arrived, such as an abort. Payload as above."""


def notify_event(process_id: str) -> str:
    """An SQL expression that wakes the readers of one process's events when the transaction commits."""
    return f"pg_notify('{EVENT_CHANNEL}', replace({process_id}::text, '-', ''))"


def notify_inbox(process_id: str) -> str:
    """An SQL expression that wakes the worker that owns the process when the transaction commits."""
    return f"pg_notify('{INBOX_CHANNEL}', replace({process_id}::text, '-', ''))"
