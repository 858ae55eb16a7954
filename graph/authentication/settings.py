"""What the server must know of its identity provider; filled in by the application, nothing here reads it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from graph.authentication.loopback import is_loopback_name
from graph.permissions import Permission

SIGNATURE_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
)
"""Those whose keys can be public. One that both sides share would let whoever can check also sign."""

READER: Final = frozenset(
    {
        Permission.CONNECT,
        Permission.READ_CATALOG,
        Permission.READ_SUBSCRIPTIONS,
        Permission.READ_CUSTOMERS,
        Permission.READ_PROCESSES,
        Permission.READ_ENGINE,
    }
)
OPERATOR: Final = READER | {
    Permission.START_WORKFLOW,
    Permission.RESUME_PROCESS,
    Permission.RETRY_PROCESS,
    Permission.ABORT_PROCESS,
    Permission.SKIP_STEP,
    Permission.ANNOTATE_SUBSCRIPTION,
    Permission.ANNOTATE_PROCESS,
}
ROLES: Final[Mapping[str, frozenset[Permission]]] = MappingProxyType(
    {"reader": READER, "operator": OPERATOR, "admin": frozenset(Permission)}
)
"""What the roles allow that a server knows without being told."""


class InvalidOidcSettings(Exception):
    """The settings of the identity provider contradict themselves, or would not be safe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """How tokens are checked, and what their claims mean.

    Attributes:
        issuer: The provider, as tokens name it; its keys are found from there.
        audience: Whom a token must be meant for: this server, as the provider calls it.
        algorithms: The signatures that are accepted.
        leeway_s: By how much the clocks of provider and server may differ, in seconds.
        keys_max_age_s: How long the provider's keys are trusted without another look.
        keys_stale_s: How long they are trusted while the provider cannot be reached.
        keys_min_interval_s: How long the provider is left alone after it was asked for an unknown key.
        keys_retry_s: How long it is left alone after it failed while no keys are known.
        timeout_s: How long the provider may take to tell its keys.
        max_token_chars: The longest token that is looked at.
        name_claim: The claim that names the caller in records.
        roles_claim: The claim that lists the caller's roles; dots lead into objects.
        roles: What each role allows. What is not listed allows nothing.
        customers_claim: The claim that lists the customers whose data the caller may see.
        all_customers_roles: Roles whose callers see every customer.

    Raises:
        InvalidOidcSettings: if they contradict themselves, or would not be safe.
    """

    issuer: str
    audience: str
    algorithms: Collection[str] = ("RS256", "ES256")
    leeway_s: float = 30.0
    keys_max_age_s: float = 300.0
    keys_stale_s: float = 3600.0
    keys_min_interval_s: float = 10.0
    keys_retry_s: float = 2.0
    timeout_s: float = 5.0
    max_token_chars: int = 8192
    name_claim: str = "sub"
    roles_claim: str = "roles"
    roles: Mapping[str, frozenset[Permission]] = field(default_factory=lambda: ROLES)
    customers_claim: str = "customers"
    all_customers_roles: frozenset[str] = frozenset({"admin"})

    def __post_init__(self) -> None:
        """Check what would otherwise be noticed when it is too late."""
        unsafe = sorted(set(self.algorithms) - SIGNATURE_ALGORITHMS)
        if unsafe or not self.algorithms:
            raise InvalidOidcSettings(
                f"found the signature algorithms {sorted(self.algorithms)}, expected some of"
                f" {sorted(SIGNATURE_ALGORITHMS)}"
            )
        if not self.audience:
            raise InvalidOidcSettings("found no audience, expected the server's name at the provider")
        if not is_safe_address(self.issuer):
            raise InvalidOidcSettings(
                f"found the issuer {self.issuer!r}, expected an address that begins with https://"
            )


def is_safe_address(address: str) -> bool:
    """Whether nobody on the way can change what is read there: by https, or on this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if not parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback_name(parts.netloc))
