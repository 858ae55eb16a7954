"""The tables of the engine floor, added to the application's metadata.

The rows a run writes at every step (steps, attempts, events) carry no foreign key to their process: a process
is never deleted without them, and the check would cost a lock and a look-up per row in the hottest statement.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSON
from sqlalchemy.types import UserDefinedType

from domain.storage.tables import NEVER, Instant, Key, metadata, one_of
from engine.states import EngineStatus, ProcessStatus, StepStatus


class TransactionId(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id, which never wraps round."""

    cache_ok = True

    def get_col_spec(self, **_options: object) -> str:
        """The type's name in DDL."""
        return "xid8"


process = Table(
    "process",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("workflow", Key, nullable=False),
    Column("target", Key, nullable=False),
    Column("is_task", Boolean, nullable=False),
    Column("fingerprint", Key, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("customers", ARRAY(Key), nullable=False),
    Column("created_by", Key, nullable=False),
    Column("run_by", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("run_no", Integer, nullable=False, server_default=text("1")),
    Column("epoch", Integer, nullable=False, server_default=text("0")),
    Column("checkpoint_no", Integer, nullable=False, server_default=text("0")),
    Column("owner", Uuid),
    Column("lease_until", Instant),
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("inbox_no", Integer, nullable=False, server_default=text("0")),
    Column("current_step", Key),
    Column("state", JSON, nullable=False),
    Column("wake_at", Instant),
    Column("assignee", Key),
    Column("failure_kind", Key),
    Column("failure_reason", Text),
    Column("note", Text),
    Column("note_version", Integer, nullable=False, server_default=text("0")),
    Column("idempotency_key", Key),
    Column("start_digest", LargeBinary, nullable=False),
    Column("started_at", Instant, nullable=False, server_default=func.now()),
    Column("modified_at", Instant, nullable=False, server_default=func.now()),
    Column("ended_at", Instant),
    UniqueConstraint("idempotency_key"),
    Index(None, "status", "id"),
    Index(None, "workflow", "id"),
    Index(None, "wake_at", postgresql_where=text("wake_at IS NOT NULL")),
    Index(None, "customers", postgresql_using="gin"),
    one_of("status", ProcessStatus),
    # Room on the page lets the frequent updates of the lease and the state leave the indexes alone.
    postgresql_with={"fillfactor": 70},
)

PROCESS_END_ORDER = func.coalesce(process.c.ended_at, NEVER)
"""Ends as lists are sorted by them: what has not ended comes after all."""

# One for each order of a list that has none yet. That of the last change makes every checkpoint write to all
# indexes of the row, some 30 microseconds: the price of telling what has moved last.
Index("process_started_at_id_index", process.c.started_at, process.c.id)
Index("process_modified_at_id_index", process.c.modified_at, process.c.id)
Index("process_end_index", PROCESS_END_ORDER, process.c.id)
Index("process_created_by_id_index", process.c.created_by, process.c.id)
# A workflow is a task or is none, so that all rows of the other kind may come before the first of a page.
Index("process_is_task_workflow_id_index", process.c.is_task, process.c.workflow, process.c.id)

process_step = Table(
    "process_step",
    metadata,
    Column("process_id", Uuid, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("kind", Key, nullable=False),
    Column("status", Key, nullable=False),
    Column("parked_as", Key),
    Column("assignee", Key),
    Column("attempts", Integer, nullable=False),
    Column("first_attempt", Integer, nullable=False, server_default=text("1")),
    Column("first_attempt_at", Instant),
    Column("lost_attempts", Integer, nullable=False, server_default=text("0")),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("delta", JSON),
    Column("skipped_by", Key),
    Column("skip_reason", Text),
    Column("progress_percent", Double),
    Column("progress_message", Text),
    Column("progress_at", Instant),
    one_of("status", StepStatus),
    # Each row is written when the step begins and once more when it ends: with room for the second version
    # beside the first, nine of ten leave the index alone.
    postgresql_with={"fillfactor": 50},
)

step_attempt = Table(
    "step_attempt",
    metadata,
    Column("process_id", Uuid, primary_key=True),
    Column("step_key", Key, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("status", Key, nullable=False),
    Column("actor", Key, nullable=False),
    Column("worker_id", Uuid, nullable=False),
    Column("started_at", Instant, nullable=False, server_default=func.now()),
    Column("finished_at", Instant),
    Column("error", Text),
    Column("error_kind", Key),
    Column("traceback", Text),
    one_of("status", StepStatus),
    # As of steps.
    postgresql_with={"fillfactor": 50},
)

process_subscription = Table(
    "process_subscription",
    metadata,
    Column("process_id", Uuid, ForeignKey("process.id", ondelete="CASCADE"), primary_key=True),
    Column("subscription_id", Uuid, ForeignKey("subscription.id"), primary_key=True),
    Index(None, "subscription_id", "process_id"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("process_id", Uuid, ForeignKey("process.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("kind", Key, nullable=False),
    Column("step_key", Key, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("actor", Key, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Column("read_version", Integer),
)

callback = Table(
    "callback",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("process_id", Uuid, ForeignKey("process.id", ondelete="CASCADE"), nullable=False),
    Column("step_key", Key, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("created_at", Instant, nullable=False, server_default=func.now()),
    Column("expires_at", Instant),
    Column("used_at", Instant),
    Index(None, "process_id", "step_key"),
)

event = Table(
    "event",
    metadata,
    Column("process_id", Uuid, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("xid", TransactionId, nullable=False, server_default=text("pg_current_xact_id()")),
    Column("kind", Key, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("at", Instant, nullable=False, server_default=func.now()),
    Index(None, "xid"),
)

worker = Table(
    "worker",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", Instant, nullable=False, server_default=func.now()),
    Column("seen_at", Instant, nullable=False, server_default=func.now()),
    Column("live_until", Instant, nullable=False, server_default=func.now()),
    Column("pause_seen", Integer, nullable=False, server_default=text("0")),
)

engine = Table(
    "engine",
    metadata,
    # The one row there can be: its key is always true.
    Column(
        "singleton",
        Boolean,
        CheckConstraint("singleton", name="singleton"),
        primary_key=True,
        server_default="true",
    ),
    Column("status", Key, nullable=False, server_default=EngineStatus.RUNNING.value),
    Column("changed_at", Instant, nullable=False, server_default=func.now()),
    Column("changed_by", Key, nullable=False, server_default="system"),
    Column("pause_no", Integer, nullable=False, server_default=text("0")),
    one_of("status", EngineStatus),
)
