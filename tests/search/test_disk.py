"""Full disks, closed folders and file systems without locks: one clear line, and the index answers as before."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from qa.assistant import Assistant
from qa.building import build
from qa.errors import IndexDamaged, IndexFault
from qa.search.generations import current, folders
from qa.search.lock import build_lock
from qa.settings import PACKAGE_DIR, Settings

NOBODY = 65_534
IS_ROOT = os.geteuid() == 0


def year(settings: Settings) -> str:
    return Assistant.load(settings).ask("When was CEMR founded?").answer[-5:-1]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may enter, as pytest's may not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def settings(open_folder: Path) -> Settings:
    """A small index."""
    (open_folder / "corpus").mkdir()
    (open_folder / "corpus" / "cemr.md").write_text("# CEMR\n\nCEMR was founded in 1951.\n", "utf-8")
    settings = Settings(corpus_dir=open_folder / "corpus", index_dir=open_folder / "index")
    build(settings)
    return settings


def mounted(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(settings: Settings) -> Iterator[Settings]:
    """The same, the index alone on a file system of 64 MB."""
    disk = settings.index_dir.parent / "disk"
    disk.mkdir()
    if not (IS_ROOT and mounted("-t", "tmpfs", "-o", "size=64m", "none", str(disk))):
        pytest.skip("file systems can't be mounted here")
    shutil.copytree(settings.index_dir, disk / "index")
    yield replace(settings, index_dir=disk / "index")
    subprocess.run(["umount", str(disk)], check=True)


def resize(settings: Settings, size_bytes: int) -> None:
    assert mounted("-o", f"remount,size={size_bytes}", str(settings.index_dir.parent))


def test_a_full_disk_leaves_the_old_index(small_disk: Settings) -> None:
    bigger = replace(small_disk, corpus_dir=Settings().corpus_dir)
    used = shutil.disk_usage(small_disk.index_dir).used
    build(replace(bigger, index_dir=small_disk.corpus_dir.parent / "unhindered"))
    needed = current(small_disk.corpus_dir.parent / "unhindered").size_bytes
    for share in (0.0, 0.1, 0.5, 0.9):
        resize(small_disk, used + int(share * needed))
        with pytest.raises(IndexFault, match=r"the index can't be written \(.*No space left.*\); the one before stays"):
            build(bigger)
        assert [folder.name for folder in folders(small_disk.index_dir)] == ["000001"]
        assert year(small_disk) == "1951"
    resize(small_disk, used + 2 * needed)
    assert build(bigger).documents > 80


def test_an_index_on_a_disk_that_can_only_be_read_answers(small_disk: Settings) -> None:
    assert mounted("-o", "remount,ro", str(small_disk.index_dir.parent))
    assert year(small_disk) == "1951"
    with pytest.raises(IndexFault, match=r"index can't be written \(Read-only file system\): choose another folder"):
        build(small_disk)


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """As a user to whom nothing belongs, where that can be tried."""
    if not IS_ROOT:
        yield
        return
    os.seteuid(NOBODY)
    try:
        if not os.access(PACKAGE_DIR, os.R_OK, effective_ids=True):
            pytest.skip("Kysy lies in a folder that other users may not enter")
        yield
    finally:
        os.seteuid(0)


def test_another_user_may_ask_but_not_build(settings: Settings) -> None:
    for path in (settings.index_dir, *settings.index_dir.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)  # nor may the owner write, if that is who runs this
    with as_nobody():
        assert year(settings) == "1951"
        with pytest.raises(IndexFault, match=r"index can't be written \(Permission denied\): choose another folder"):
            build(settings)
    settings.index_dir.chmod(0o755)
    for folder in (path for path in settings.index_dir.rglob("*") if path.is_dir()):
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["CURRENT", "generations/000001/manifest.json", "generations/000001/vectors.npy"])
def test_a_file_that_may_not_be_read_is_named(settings: Settings, name: str) -> None:
    (settings.index_dir / name).chmod(0o000)
    with (
        as_nobody(),
        pytest.raises(IndexDamaged, match=rf"{name} can't be read \(Permission denied\): check its owner and mode"),
    ):
        Assistant.load(settings)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def flock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(IndexFault, match=r"the file system of .*index has no locks \(.*\): put the index on a local"):
        build(settings)
    assert year(settings) == "1951"


def test_a_lock_doesn_t_outlive_its_holder(settings: Settings) -> None:
    (settings.index_dir / "LOCK").write_text("process 1 on elsewhere since 2001-01-01 00:00:00 UTC\n", "utf-8")
    with build_lock(settings.index_dir):
        assert f"process {os.getpid()} on " in (settings.index_dir / "LOCK").read_text("utf-8")
    assert build(settings).generation == "000001"
