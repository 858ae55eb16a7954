"""What event rows tell, as SQL expressions shared by the statements that write them."""

STEP_SCALARS = """json_build_object(
        'key', s.key, 'position', s.position, 'name', s.name, 'kind', s.kind, 'status', s.status,
        'assignee', s.assignee, 'attempts', s.attempts,
        'startedAt', s.started_at, 'finishedAt', s.finished_at)"""
"""The payload of a step event; `s` is the step's row."""


def step_scalars_with_error(error: str) -> str:
    """The payload of a step event that ends an attempt; the argument is the SQL expression of its error."""
    return f"{STEP_SCALARS.removesuffix(')')}, 'error', {error})"
