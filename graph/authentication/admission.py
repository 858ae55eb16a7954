"""How the application's access policy is asked: once, for so long and no longer.

An answer is for one caller and one occasion, and is kept for nobody. What fails, takes too long or answers
something else than a grant is logged under an id and lets nobody in.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

import structlog

from domain.ids import new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from graph.authentication.access_policy import AccessDenied, AccessPolicy, AskedOperation, Caller, Grant
from graph.authentication.authenticator import Authenticator, Identity, IdentityEnd, Renewal
from graph.permissions import Permission, Viewer

Answer = TypeVar("Answer")

_LONGEST_REASON: Final = 500

_log = structlog.get_logger(__name__)


class AccessPolicyUnavailable(Exception):
    """The access policy failed, took too long, or gave no answer that can be used.

    Attributes:
        error_id: The id under which the log has the reason.
    """

    def __init__(self, error_id: str) -> None:
        super().__init__(f"the access policy gave no answer: {error_id}")
        self.error_id = error_id

    @property
    def shown(self) -> dict[str, JsonValue]:
        """What a client is told: that it did nothing wrong, and the id."""
        extensions: dict[str, JsonValue] = {"code": "ACCESS_POLICY_UNAVAILABLE", "errorId": self.error_id}
        return {"message": f"{IdentityEnd.UNKNOWN.value} Try again later.", "extensions": extensions}


class Admission:
    """Asks an access policy.

    Args:
        access_policy: The application's.
        limit_s: How long it may take for one answer.

    Raises:
        TypeError: If that is none; whom it would let in should not be learned from the first who asks.
    """

    def __init__(self, access_policy: AccessPolicy, *, limit_s: float) -> None:
        _require_access_policy(access_policy)
        self._access_policy = access_policy
        self._limit_s = limit_s
        self.decides_operations: Final = type(access_policy).permit is not AccessPolicy.permit

    async def grant(self, caller: Caller, granted: Grant) -> Grant:
        """What the caller is granted.

        Raises:
            AccessDenied: If the access policy says no.
            AccessPolicyUnavailable: If it says nothing.
        """
        answer = await self._ask(
            "grant", lambda: self._access_policy.grant(caller, granted), caller=caller.name
        )
        if not _is_grant(answer):
            found = TypeError(f"found {type(answer).__name__}, expected a Grant of Permissions and a Scope")
            raise _unavailable("grant", found, caller=caller.name)
        return answer

    async def permit(self, viewer: Viewer, operation: AskedOperation) -> None:
        """Returns if the operation may be carried out.

        Raises:
            AccessDenied: If the access policy says no.
            AccessPolicyUnavailable: If it says nothing.
        """
        await self._ask("permit", lambda: self._access_policy.permit(viewer, operation), caller=viewer.name)

    async def _ask(self, question: str, ask: Callable[[], Awaitable[Answer]], *, caller: str) -> Answer:
        try:
            async with asyncio.timeout(self._limit_s):
                return await ask()
        except AccessDenied as denied:
            raise AccessDenied(str(denied.reason)[:_LONGEST_REASON]) from None
        except Exception as error:  # noqa: BLE001  # the application's code, and nobody is let in by its failure
            raise _unavailable(question, error, caller=caller) from None


class AdmittedCallers:
    """Knows callers as another authenticator does, and grants them what the access policy says.

    Args:
        authenticator: Knows who a token stands for, and what the settings grant.
        admission: Asks the access policy.
        again_s: How often it is asked again about a caller whose socket or stream stays open.
    """

    def __init__(self, authenticator: Authenticator, admission: Admission, *, again_s: float) -> None:
        self._authenticator = authenticator
        self._admission = admission
        self._again_s = again_s

    async def identify(self, token: str | None) -> Identity:
        """Who the token stands for, with what the access policy grants.

        Raises:
            NotAuthenticated: If it stands for nobody.
            ProviderUnavailable: If that cannot be found out now.
            AccessDenied: If the access policy says no.
            AccessPolicyUnavailable: If it says nothing.
        """
        known = await self._authenticator.identify(token)
        viewer = known.viewer
        caller = Caller(name=viewer.name, claims=viewer.claims, expires_at=known.expires_at)
        granted = Grant(permissions=viewer.permissions, scope=viewer.scope)
        grant = await self._admission.grant(caller, granted)

        async def find_end() -> IdentityEnd | None:
            try:
                now = await self._admission.grant(caller, granted)
            except AccessDenied:
                return IdentityEnd.CHANGED
            except AccessPolicyUnavailable:
                return IdentityEnd.UNKNOWN
            return None if now == grant else IdentityEnd.CHANGED

        return Identity(
            viewer=replace(viewer, permissions=grant.permissions, scope=grant.scope),
            expires_at=known.expires_at,
            renewal=Renewal(every_s=self._again_s, find_end=find_end),
        )


def _require_access_policy(given: object) -> None:
    methods = (getattr(type(given), name, None) for name in ("grant", "permit"))
    if not all(map(inspect.iscoroutinefunction, methods)):
        raise TypeError(f"found {given!r}, expected an AccessPolicy: an object with async grant and permit")


def _is_grant(answer: object) -> bool:
    """Whether it is one: the name of a permission, say, is no permission, and would refuse in silence."""
    match answer:
        case Grant(permissions=permissions, scope=Scope()):
            return _are_permissions(permissions)
        case _:
            return False


def _are_permissions(found: object) -> bool:
    return isinstance(found, frozenset) and all(
        isinstance(each, Permission)
        for each in found  # pyright: ignore[reportUnknownVariableType]  # that is what is looked at
    )


def _unavailable(question: str, error: Exception, *, caller: str) -> AccessPolicyUnavailable:
    error_id = str(new_uuid7())
    _log.error("access_policy.failed", error_id=error_id, question=question, caller=caller, exc_info=error)
    return AccessPolicyUnavailable(error_id)
