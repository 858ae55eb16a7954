"""Settings of server, workers and command line. This module alone reads the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AliasChoices, Field
from pydantic_settings import SettingsConfigDict

from engine.settings import EngineSettings
from orchestrion.limits import LimitSettings

SAMPLE_APPLICATION = "examples.network.app:app"


class Settings(LimitSettings):
    """`ORCHESTRION_` before the name in upper case sets a setting; `DATABASE_URL` has no prefix."""

    model_config = SettingsConfigDict(env_prefix="ORCHESTRION_", extra="ignore", frozen=True)

    database_url: Annotated[
        str | None, Field(validation_alias=AliasChoices("DATABASE_URL", "database_url"))
    ] = None
    """PostgreSQL 15 or newer, in any usual form; unset: the embedded PostgreSQL under `data`."""
    data: Path = Path(".orchestrion")
    """Folder of the embedded PostgreSQL."""
    pg_bin: Path | None = None
    """Folder of the binaries for the embedded PostgreSQL; unset: those of the installed wheel."""
    app: str = SAMPLE_APPLICATION
    """The application, `package.module:object`."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    """Port of the server; 0: any free one."""
    workers: Annotated[int, Field(ge=0, le=64)] = 1
    """Worker processes that `serve` runs beside itself."""
    public_url: str | None = None
    """Where systems that call back reach the server; unset: the address it is bound to."""
    environment: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    """What the place is called that the server stands in, such as `staging`; clients show it."""
    allowed_origins: frozenset[str] = frozenset()
    """Web origins whose pages may use the server, such as `https://portal.example.org`; as a JSON list."""
    oidc_issuer: str | None = None
    """Address of the OpenID Connect provider whose tokens callers need; unset: open, to this machine only."""
    oidc_audience: str = "orchestrion"
    """How tokens name this server."""
    oidc_algorithms: tuple[str, ...] = ("RS256", "ES256")
    """The signatures that are accepted."""
    oidc_leeway_s: Annotated[float, Field(ge=0, le=600)] = 30.0
    """Seconds by which the clocks of provider and server may differ."""
    oidc_name_claim: str = "sub"
    """The claim that names callers in records."""
    oidc_roles_claim: str = "roles"
    """The claim that lists roles; dots lead into objects, as in `realm_access.roles`."""
    oidc_roles: dict[str, tuple[str, ...]] | None = None
    """The permissions of each role; unset: `reader`, `operator` and `admin`."""
    oidc_customers_claim: str = "customers"
    """The claim that lists the customers whose data callers may see."""
    oidc_all_customers_roles: frozenset[str] = frozenset({"admin"})
    """Roles whose callers see the data of every customer."""
    access_policy_timeout_s: Annotated[float, Field(gt=0, le=60)] = 3.0
    """Seconds that the application's access policy may take for one answer."""
    access_policy_again_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds after which it is asked again about a caller whose socket or event stream stays open."""
    directory_timeout_s: Annotated[float, Field(gt=0, le=60)] = 3.0
    """Seconds that the application's directory of customers may take; then lists do without names."""
    read_connections: Annotated[int, Field(ge=1, le=500)] = 10
    write_connections: Annotated[int, Field(ge=2, le=500)] = 10
    lease_s: Annotated[float, Field(gt=0, le=3600)] = 5.0
    """Seconds without a sign of life after which another worker takes over a process."""
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    shutdown_s: Annotated[float, Field(gt=0, le=600)] = 10.0
    """Seconds that what runs is given to end in good order."""

    parent_pipe: bool = False
    """Set by `serve` for the processes it starts: end when standard input ends."""

    @property
    def reached_at(self) -> str:
        """Where systems that call back reach the server."""
        return self.public_url or f"http://{self.host}:{self.port}"

    def engine(self) -> EngineSettings:
        """The engine's part of the settings."""
        return EngineSettings(
            lease_s=self.lease_s,
            heartbeat_s=self.lease_s * 0.3,
            reconcile_s=self.lease_s * 0.4,
            # The other half is for cancelling what has not ended, and for handing it back.
            stop_grace_s=self.shutdown_s * 0.5,
        )


def child_environment(settings: Settings, dsn: str) -> Mapping[str, str]:
    """The environment of the processes that `serve` starts: ours, with the settings they cannot know."""
    return {
        **os.environ,
        "DATABASE_URL": dsn,
        "ORCHESTRION_APP": settings.app,
        "ORCHESTRION_PUBLIC_URL": settings.reached_at,
        "ORCHESTRION_PARENT_PIPE": "true",
    }


def is_set(name: str) -> bool:
    """Whether the environment has a value for a setting that an application declared."""
    return bool(os.environ.get(name))
