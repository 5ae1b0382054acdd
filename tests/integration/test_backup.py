"""Backups: everything but the key file comes back, and nothing is said twice."""

import io
import json
import stat
import tarfile
from pathlib import Path

import contracts
import pytest
from homes import Home, moved_into

from forgefed_gate.cli.main import main


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return moved_into(tmp_path / "data")


@pytest.fixture
def kept(home: Home, tmp_path: Path) -> Path:
    """Back the home up."""
    path = tmp_path / "kept.tar"
    assert main(["--config", home.config, "backup", str(path)]) == 0
    return path


@pytest.fixture
def anew(tmp_path: Path) -> Path:
    return tmp_path / "anew"


def restore(kept: Path, anew: Path) -> int:
    return main(["--config", str(anew / "gate.toml"), "restore", str(kept), "--json"])


def left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def members(kept: Path) -> dict[str, bytes]:
    with tarfile.open(kept) as tar:
        return {name: tar.extractfile(name).read() for name in tar.getnames()}


def repack(kept: Path, parts: dict[str, bytes]) -> None:
    with tarfile.open(kept, "w") as tar:
        for name, content in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def test_a_gate_comes_back_as_it_was(home, kept, anew):
    """Everything that people said and were promised is in the database."""
    assert restore(kept, anew) == 0

    back = Home(folder=anew, knock=home.knock, thread=home.thread, grant=home.grant)
    for table in ("projects", "personas", "threads", "messages", "revisions", "knocks", "grants"):
        everything = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert back.rows(everything) == home.rows(everything), table
    assert left(anew) == ["gate.db", "gate.toml"]


def test_restoring_says_what_is_missing(kept, anew, capsys):
    """The key file comes from elsewhere, and the gate is silent until it is there."""
    capsys.readouterr()

    restore(kept, anew)

    said = json.loads(capsys.readouterr().out)
    contracts.held(said, "restore")
    assert (said["key_file_there"], said["held_back"]) == (False, 1)


def test_only_its_owner_can_read_a_backup(kept, anew):
    """Names and times are in it, though no private words."""
    restore(kept, anew)

    files = (kept, anew / "gate.db", anew / "gate.toml")
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(anew.stat().st_mode) == 0o700


def test_the_key_file_is_not_in_a_backup(home, kept):
    """Whoever finds one of the two can read nothing private."""
    key = (home.folder / "gate.key").read_bytes().strip()

    assert sorted(members(kept)) == ["gate.db", "gate.toml", "manifest.json"]
    assert key not in kept.read_bytes()
    assert b"mend the bellows" not in kept.read_bytes()


def test_what_was_still_to_be_delivered_is_not_sent_again(home, kept, anew):
    """It may have arrived since; a person decides."""
    assert home.rows("SELECT kind, state FROM jobs") == [("deliver", "ready")]

    restore(kept, anew)

    back = Home(folder=anew, knock="", thread="", grant="")
    assert back.rows("SELECT kind, state, last_error FROM jobs") == [
        ("deliver", "dead", "restored")
    ]


def test_everybody_signs_in_anew(home, anew, tmp_path):
    """A session that was ended after the backup must not come back."""
    home.change("INSERT INTO sessions VALUES ('hash', 'operator', 'csrf', 1, 9999999999999)")
    home.change("INSERT INTO signin_links VALUES ('hash', 'operator', 9999999999999)")
    kept = tmp_path / "kept.tar"
    main(["--config", home.config, "backup", str(kept)])

    restore(kept, anew)

    back = Home(folder=anew, knock="", thread="", grant="")
    assert back.rows("SELECT * FROM sessions") == []
    assert back.rows("SELECT * FROM signin_links") == []


def test_settings_that_are_there_stay(home, kept, anew):
    """The new machine may listen elsewhere."""
    anew.mkdir()
    ours = (home.folder / "gate.toml").read_text("utf-8").replace("port = 1\n", "port = 2\n")
    (anew / "gate.toml").write_text(ours, "utf-8")

    assert restore(kept, anew) == 0
    assert (anew / "gate.toml").read_text("utf-8") == ours


def test_a_backup_never_overwrites(home, kept, capsys):
    """The older one may be the only good one."""
    before = kept.read_bytes()

    assert main(["--config", home.config, "backup", str(kept)]) == 1
    assert "stays as it is" in capsys.readouterr().err
    assert kept.read_bytes() == before


def test_a_backup_that_fails_leaves_nothing(home, tmp_path):
    """Half a backup is worse than none: somebody would trust it."""
    whole = (home.folder / "gate.db").read_bytes()
    (home.folder / "gate.db").write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    before = left(tmp_path)

    assert main(["--config", home.config, "backup", str(tmp_path / "kept.tar")]) == 1
    assert left(tmp_path) == before


@pytest.mark.parametrize("there", ["gate.db", "gate.db-wal"])
def test_a_database_that_is_there_stays(there, kept, anew, capsys):
    """Restoring over a living gate would lose what it knows."""
    anew.mkdir()
    (anew / there).write_bytes(b"mine")
    capsys.readouterr()

    assert restore(kept, anew) == 1
    assert json.loads(capsys.readouterr().out)["refused"] == "database-exists"
    assert left(anew) == [there]
    assert (anew / there).read_bytes() == b"mine"


def damaged_database(parts):
    parts["gate.db"] = parts["gate.db"][:-1] + b"x"


def damaged_settings(parts):
    parts["gate.toml"] += b"\n"


def no_database(parts):
    del parts["gate.db"]


def no_manifest(parts):
    del parts["manifest.json"]


def strange_manifest(parts):
    parts["manifest.json"] = b'{"version": 1, "schema": 2, "made_at": 3, "hashes": []}'


def newer(parts):
    parts["manifest.json"] = parts["manifest.json"].replace(b'"schema": "0', b'"schema": "9')


@pytest.mark.parametrize(
    "harm",
    [damaged_database, damaged_settings, no_database, no_manifest, strange_manifest, newer],
)
def test_a_backup_that_is_not_as_it_was_written_is_refused(harm, kept, anew):
    """Nothing is put in place before every byte is known to be right."""
    parts = members(kept)
    harm(parts)
    repack(kept, parts)

    assert restore(kept, anew) == 1
    assert left(anew) == []


@pytest.mark.parametrize("content", [b"", b"not a tar", bytes(10_240)])
def test_a_file_that_is_no_backup_is_refused(content, anew, tmp_path):
    """A wrong name on the command line happens to everybody."""
    (tmp_path / "other").write_bytes(content)

    assert restore(tmp_path / "other", anew) == 1
    assert left(anew) == []


def test_a_gate_on_postgresql_is_backed_up_by_its_own_tool(home, tmp_path, capsys):
    """The sentence says which, and nothing is written."""
    settings = Path(home.config)
    there = settings.read_text("utf-8").replace('"gate.db"\n', '"postgresql://db/gate"\n')
    settings.write_text(there, "utf-8")

    assert main(["--config", home.config, "backup", str(tmp_path / "kept.tar")]) == 1
    assert "pg_dump" in capsys.readouterr().err
    assert not (tmp_path / "kept.tar").exists()
