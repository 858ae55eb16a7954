"""The cluster in the data folder: made once, then only checked."""

import os
import secrets
import shutil

import structlog

from domain.storage.embedded.binaries import Installation
from domain.storage.embedded.errors import (
    FolderRefused,
    OtherMajorVersion,
    folder_errors,
)
from domain.storage.embedded.home import ClusterHome
from domain.storage.embedded.locks import open_owned
from domain.storage.embedded.postmaster import SUPERUSER
from domain.storage.embedded.server_log import start_failure

_log = structlog.stdlib.get_logger(__name__)

# The second is for systems without the first.
_LOCALES = ("C.UTF-8", "C")
_UNKNOWN_LOCALE = "invalid locale"


def prepare_cluster(home: ClusterHome, *, installation: Installation, durable: bool) -> None:
    """Makes the cluster if the home has none, else checks that these programs can run it.

    It is made under another name and renamed when complete, so a killed start leaves no half of one.

    Raises:
        OtherMajorVersion: It was made by another major version.
        FolderRefused: The data folder holds something else, or a folder cannot be made.
        DiskFull: There is no room for it.
        StartFailed: `initdb` refused for another reason.
    """
    with folder_errors(home.data):
        if home.data.exists() and any(home.data.iterdir()):
            _check_version(home, installation)
            return
    _log.info("postgres.cluster_made", folder=str(home.folder), version=installation.version)
    _write_password(home)
    unfinished = home.data.with_name("data.unfinished")
    with folder_errors(home.folder):
        if unfinished.exists():
            shutil.rmtree(unfinished)
        for locale in _LOCALES:
            home.make_private(unfinished)
            said = _run_initdb(
                home, installation, ["-D", str(unfinished), f"--locale={locale}"], durable=durable
            )
            if said is None:
                unfinished.rename(home.data)
                return
            shutil.rmtree(unfinished, ignore_errors=True)
            if locale == _LOCALES[-1] or _UNKNOWN_LOCALE not in said:
                raise start_failure(home.folder, said)


def _check_version(home: ClusterHome, installation: Installation) -> None:
    try:
        found = (home.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise FolderRefused(home.data, "it is neither empty nor a PostgreSQL cluster") from None
    if found != installation.major:
        raise OtherMajorVersion(home.data, found=found, expected=installation.major)


def _write_password(home: ClusterHome) -> None:
    descriptor = open_owned(home.password, os.O_WRONLY, account=home.account)
    with folder_errors(home.folder), os.fdopen(descriptor, "w") as file:
        file.truncate()
        file.write(secrets.token_urlsafe(32) + "\n")


def _run_initdb(
    home: ClusterHome, installation: Installation, where: list[str], *, durable: bool
) -> str | None:
    """What `initdb` said if it failed, None if it made the cluster."""
    answer = home.account.run(
        [
            str(installation.initdb),
            *where,
            "-E",
            "UTF8",
            "-U",
            SUPERUSER,
            # The socket's folder is private; a TCP port is open to every user of the machine.
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            f"--pwfile={home.password}",
            *([] if durable else ["--no-sync"]),
        ]
    )
    return None if answer.returncode == 0 else answer.stdout
