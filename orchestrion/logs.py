"""How log lines look: one event name with fields, for people or as JSON, on standard error."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal
from uuid import UUID

import structlog

from domain.type_ids import type_id

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


PUBLIC_IDS = {"process_id": "process", "subscription_id": "subscription"}


def show_public_ids(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Show ids as the API does, so that what is found in a log can be asked for."""
    for name, prefix in PUBLIC_IDS.items():
        value = fields.get(name)
        if isinstance(value, str) and _UUID.fullmatch(value):
            fields[name] = type_id(prefix, UUID(value))
        elif isinstance(value, UUID):
            fields[name] = type_id(prefix, value)
    return fields


def configure_logs(
    *, form: Literal["console", "json"], level: Literal["debug", "info", "warning", "error"]
) -> None:
    """Set up structlog, and the standard library's loggers of the packages we use, for this process."""
    renderer = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    threshold = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            show_public_ids,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([structlog.processors.format_exc_info] if form == "json" else []),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        stream=sys.stderr, level=max(threshold, logging.WARNING), format="%(name)s: %(message)s", force=True
    )
