"""A copy of the programs that an unprivileged account can reach.

A virtual environment of root's often lies where no other account gets to (`/root`). Opening that folder to
everyone is not ours to do, so the programs are copied once per version to a folder that only root can change.
"""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import structlog

from domain.storage.embedded.account import ServerAccount
from domain.storage.embedded.binaries import Installation
from domain.storage.embedded.errors import FolderRefused, StartTimedOut, folder_errors
from domain.storage.embedded.locks import FileLock

_log = structlog.stdlib.get_logger(__name__)

_FOLDER_MODE = 0o755
_FILE_MODE = 0o644
_WRITABLE_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_COPY_TIMEOUT_S = 120.0


def reachable_installation(installation: Installation, *, root_folder: Path) -> Installation:
    """Gives the copy of the installation in the root folder, made if it is not there yet.

    Raises:
        FolderRefused: The installation's layout is not one that can be copied, or the copy cannot be made.
        DiskFull: There is no room for the copy.
    """
    if not installation.parts:
        raise FolderRefused(installation.bin_folder, "the server's account cannot run the programs in it")
    binaries = secure_folder(root_folder / "binaries")
    copy = binaries / _key(installation)
    lock = FileLock.open(binaries / "lock", account=ServerAccount.current())
    try:
        if not lock.wait_exclusive(_COPY_TIMEOUT_S):
            raise StartTimedOut(binaries, _COPY_TIMEOUT_S)
        if not copy.exists():
            _log.info("postgres.binaries_copied", source=str(installation.root), copy=str(copy))
            with folder_errors(binaries):
                _copy(installation, copy)
    finally:
        lock.close()
    return installation.within(secure_folder(copy))


def secure_folder(folder: Path) -> Path:
    """Makes a folder of root's that others may enter but not change, or checks one that is there.

    Raises:
        FolderRefused: It cannot be made, or somebody else owns or can write it.
    """
    with folder_errors(folder):
        try:
            folder.mkdir(parents=False)
        except FileExistsError:
            pass
        else:
            folder.chmod(_FOLDER_MODE)
        found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _WRITABLE_BY_OTHERS:
        raise FolderRefused(folder, "expected a folder of root's that nobody else can write")
    return folder


def _key(installation: Installation) -> str:
    digest = hashlib.sha256(installation.postgres.read_bytes())
    for source in _files(installation):
        digest.update(f"\0{source.relative_to(installation.root)}\0{source.stat().st_size}".encode())
    return f"{installation.version}-{digest.hexdigest()[:16]}"


def _files(installation: Installation) -> Iterator[Path]:
    for part in installation.parts:
        for folder, folders, names in os.walk(installation.root / part):
            folders.sort()
            yield from (Path(folder, name) for name in sorted(names))


def _copy(installation: Installation, copy: Path) -> None:
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    unfinished.chmod(_FOLDER_MODE)
    try:
        for source in _files(installation):
            _copy_file(source, unfinished / source.relative_to(installation.root), root=unfinished)
        # The new name must not reach the disk before what it stands for.
        os.sync()
        unfinished.rename(copy)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _copy_file(source: Path, target: Path, *, root: Path) -> None:
    _make_folders(target.parent, root=root)
    # Links are followed: they may lead to where the account cannot go (some installers link a cache).
    shutil.copyfile(source, target)
    target.chmod(_FOLDER_MODE if source.stat().st_mode & stat.S_IXUSR else _FILE_MODE)


def _make_folders(folder: Path, *, root: Path) -> None:
    if folder == root or folder.is_dir():
        return
    _make_folders(folder.parent, root=root)
    folder.mkdir()
    folder.chmod(_FOLDER_MODE)
