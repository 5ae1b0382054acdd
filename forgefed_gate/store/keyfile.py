"""The file that holds the key-encryption key: made, read, and followed by the next one."""

import base64
import os
import re
import secrets
import stat
from pathlib import Path

from forgefed_gate.domain.errors import Conflict, Malformed, NotFound, Refusal
from forgefed_gate.store.ciphers import KEY_SIZE

_LABEL = "forgefed-gate-key-1:"
_KEY_FILE = re.compile(rf"{_LABEL}([A-Za-z0-9_-]{{43}})\n?")


def read_key_file(path: Path) -> bytes:
    """Read the key-encryption key, from a file that nobody else can read."""
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise Refusal(
                    "key-file-open", f"Others can read {path}. Please run: chmod 600 {path}"
                )
            return _parse_key(path, file.read(1024))
    except FileNotFoundError as error:
        raise NotFound("key-file-missing", f"There is no key file at {path}.") from error


def following(path: Path) -> Path:
    """Name the file that holds the next key while the one at *path* is being changed for it."""
    return path.with_name(f"{path.name}.next")


def read_key_files(path: Path) -> list[bytes]:
    """
    Read the key at *path*, before it the next one where a change of keys is under way.

    In this order: the next one takes the place of the other in one step.
    """
    try:
        newest = [read_key_file(following(path))]
    except NotFound:
        newest = []
    return [*newest, read_key_file(path)]


def write_key_file(path: Path) -> bytes:
    """Make a new key-encryption key and keep it at *path*, where no file may be yet."""
    key = secrets.token_bytes(KEY_SIZE)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{_LABEL}{base64.urlsafe_b64encode(key).decode().rstrip('=')}\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError as error:
        raise Conflict("key-file-exists", f"There is a file at {path} already.") from error
    finally:
        draft.unlink()
    sync_folder(path.parent)
    return key


def sync_folder(folder: Path) -> None:
    """Let what was renamed in *folder* be on disk before we go on."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parse_key(path: Path, words: str) -> bytes:
    found = _KEY_FILE.fullmatch(words)
    if found is None:
        raise Malformed("key-file", f"{path} is not a key file of ours.")
    return base64.urlsafe_b64decode(f"{found[1]}=")
