"""Spans of time as ISO 8601 texts, exact in both directions: days are the largest unit written."""

import re
from datetime import timedelta

_TEXT = re.compile(
    r"(?P<sign>-)?P(?=.)(?:(?P<weeks>[0-9]{1,9})W)?(?:(?P<days>[0-9]{1,9})D)?"
    r"(?:T(?=.)(?:(?P<hours>[0-9]{1,12})H)?(?:(?P<minutes>[0-9]{1,12})M)?"
    r"(?:(?P<seconds>[0-9]{1,15})(?:[.,](?P<fraction>[0-9]{1,6}))?S)?)?",
    re.ASCII,
)
_UNITS = ("weeks", "days", "hours", "minutes", "seconds")
_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


def duration_text(microseconds: int) -> str:
    """Gives the text of a number of microseconds: "P1DT2H3M4.5S"; nothing at all is "PT0S"."""
    days, rest = divmod(abs(microseconds), _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    seconds, fraction = divmod(rest, _SECOND)
    day = f"{days}D" if days else ""
    time = f"{hours}H" if hours else ""
    time += f"{minutes}M" if minutes else ""
    if seconds or fraction or not (day or time):
        decimals = f".{fraction:06}".rstrip("0") if fraction else ""
        time += f"{seconds}{decimals}S"
    return f"{'-' if microseconds < 0 else ''}P{day}{f'T{time}' if time else ''}"


def read_duration(text: str) -> timedelta | None:
    """Reads a text of weeks, days, hours, minutes and seconds; None if it is none, or too long a span.

    Years and months are not taken: how long they are depends on when they begin.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    whole = {unit: int(match[unit] or 0) for unit in _UNITS}
    try:
        span = timedelta(**whole, microseconds=int((match["fraction"] or "0").ljust(6, "0")))
        return -span if match["sign"] else span
    except OverflowError:
        return None
