"""What the marked statements have in their text."""

CLAIM = "epoch = p.epoch + 1"
CHECKPOINT = "checkpoint_no = p.checkpoint_no + 1"
TOKEN = "INSERT INTO callback"  # noqa: S105  # a piece of SQL
REGISTRATION = "INSERT INTO worker"
HEARTBEAT = "seen_at = now()"
COMMIT = "COMMIT"
"""The end of a transaction of several statements: one alone has no COMMIT of its own."""
