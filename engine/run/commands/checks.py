"""What every command checks of what it is given, before it asks or writes anything."""

from collections.abc import Mapping

from domain.json import JsonValue, UnrepresentableValue, encode
from engine.errors import FieldError, InvalidInput
from engine.run.commands.context import CommandContext

LONGEST_REASON = 2000
LONGEST_NOTE = 5000
LONGEST_KEY = 255


def check_reason(reason: str | None) -> None:
    """Refuse a reason that nobody could read, or keep; None is no reason.

    Raises:
        InvalidInput: if it is blank, too long, or has characters that PostgreSQL cannot hold.
    """
    if reason is None:
        return
    if not reason.strip() or len(reason) > LONGEST_REASON:
        message = f"Expected 1 to {LONGEST_REASON} characters, not all blank, found {len(reason)}"
        raise _refusal("reason", message, code="reason")
    _check_storable("reason", reason)


def check_note(note: str | None) -> str | None:
    """A note as it is kept: a blank one is none.

    Raises:
        InvalidInput: if it is too long, or has characters that PostgreSQL cannot hold.
    """
    if note is None or not note.strip():
        return None
    if len(note) > LONGEST_NOTE:
        message = f"Expected at most {LONGEST_NOTE} characters, found {len(note)}"
        raise _refusal("note", message, code="too_long")
    _check_storable("note", note)
    return note


def check_key(key: str | None) -> None:
    """Refuse an idempotency key that cannot be kept; None is no key.

    Raises:
        InvalidInput: if it is blank, too long, or has characters that PostgreSQL cannot hold.
    """
    if key is None:
        return
    if not key.strip() or len(key) > LONGEST_KEY:
        message = f"Expected 1 to {LONGEST_KEY} characters, not all blank, found {len(key)}"
        raise _refusal("idempotency_key", message, code="key_length")
    _check_storable("idempotency_key", key)


def fitting(
    context: CommandContext, state: Mapping[str, JsonValue], *, path: tuple[str | int, ...] = ()
) -> str:
    """A process's state as the JSON text to store.

    Args:
        context: What every command needs.
        state: The state with what was sent.
        path: Where that stands in what was sent.

    Raises:
        InvalidInput: if it is larger than a state may be.
    """
    text = encode(dict(state))
    found, limit = len(text.encode()), context.settings.state_limit_bytes
    if found > limit:
        message = f"The state would be {found} bytes of JSON, at most {limit} are allowed"
        raise InvalidInput([FieldError(path=path, message=message, code="too_large")])
    return text


def _check_storable(name: str, text: str) -> None:
    try:
        encode(text)
    except UnrepresentableValue as error:
        raise _refusal(name, f"Cannot be stored: {error.found}", code="unrepresentable") from error


def _refusal(name: str, message: str, *, code: str) -> InvalidInput:
    return InvalidInput([FieldError(path=(name,), message=message, code=code)])
