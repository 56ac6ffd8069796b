"""Settlements on disk: what a process wrote is there for the next one, once, and only for its own ledger."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec
import pytest

from oneapi.adapters.spool import FileSpool
from oneapi.domain.money.quota import Hold, Settlement
from tests.application.money.test_ledger import charge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def settlement(number: int) -> Settlement:
    hold = Hold(f"r{number}", 1, 2, token_limited=True, amount=5, opened_at=1.0)
    return charge(hold, number, content="倍率：1.00 × 1.00", token_name='a "name"\nwith lines')


@pytest.fixture
def spool(tmp_path: Path) -> Callable[[str], FileSpool]:
    def open_spool(owner: str) -> FileSpool:
        opened = FileSpool(tmp_path / "spool", owner)
        opened.open()
        return opened

    return open_spool


def die(spool: FileSpool) -> None:
    """As a process that was killed: its lock is gone, its files stay."""
    os.close(spool._lock)  # noqa: SLF001
    os.close(spool._file)  # noqa: SLF001


def test_what_a_dead_process_wrote_is_taken_over_once(spool: Callable[[str], FileSpool]) -> None:
    dead = spool("db-1")
    written = [settlement(number) for number in range(3)]
    for one in written[:2]:
        dead.append(one)
    dead.close_segment()
    dead.append(written[2])
    die(dead)
    heir = spool("db-2")
    [left] = heir.orphans()
    assert (left.owner, list(left.settlements)) == ("db-1", written)
    assert not spool("db-3").orphans(), "it is claimed by one process only"
    left.discard()
    assert not heir.orphans()


def test_a_living_process_is_no_orphan(spool: Callable[[str], FileSpool]) -> None:
    spool("db-1").append(settlement(1))
    assert not spool("db-2").orphans()


def test_charges_of_another_ledger_are_left_alone(spool: Callable[[str], FileSpool]) -> None:
    other = spool("elsewhere-1")
    other.append(settlement(1))
    die(other)
    assert not spool("db-1").orphans()
    assert len(spool("elsewhere-2").orphans()) == 1


def test_half_a_record_at_the_end_is_left_out(spool: Callable[[str], FileSpool]) -> None:
    dead = spool("db-1")
    dead.append(settlement(1))
    os.write(dead._file, b'{"request_id": "r2", "settl')  # noqa: SLF001
    die(dead)
    [left] = spool("db-2").orphans()
    assert [one.request_id for one in left.settlements] == ["r1"]


def test_a_record_that_nobody_can_read_is_set_aside(
    spool: Callable[[str], FileSpool], tmp_path: Path
) -> None:
    dead = spool("db-1")
    dead.append(settlement(1))
    os.write(dead._file, b'{"request_id": 7}\n\xff\xfe\n')  # noqa: SLF001
    dead.append(settlement(2))
    die(dead)
    heir = spool("db-2")
    for _ in range(2):
        [left] = heir.orphans()
        assert [one.request_id for one in left.settlements] == ["r1", "r2"]
        left.leave()
    kept = (tmp_path / "spool" / "db.refused").read_text().splitlines()
    assert ["cannot be read" in line for line in kept] == [True, True], "each once, however often it is read"
    heir.forget(["r1"])
    assert heir.set_aside() == ()
    assert len((tmp_path / "spool" / "db.refused").read_text().splitlines()) == 2


@pytest.mark.parametrize("number", ["1e30", "9223372036854775808", "-7", "1000000000000000019884624838656"])
def test_a_number_of_an_earlier_release_is_bounded(spool: Callable[[str], FileSpool], number: str) -> None:
    dead = spool("db-1")
    line = msgspec.json.encode(settlement(1)).replace(
        b'"prompt_tokens":1', f'"prompt_tokens":{number}'.encode()
    )
    os.write(dead._file, line.replace(b',"token_held":0,"overrun":0', b"") + b"\n")  # noqa: SLF001
    die(dead)
    heir = spool("db-2")
    [left] = heir.orphans()
    assert all(0 <= one.prompt_tokens <= 2**53 for one in left.settlements)
    assert len(left.settlements) == 1 or (number == "1e30" and not left.settlements)


def test_what_was_set_aside_is_shared_and_forgotten_by_request(
    spool: Callable[[str], FileSpool], tmp_path: Path
) -> None:
    here, there, other = spool("db-1"), spool("db-2"), spool("elsewhere-1")
    for number in (1, 2, 1):
        here.put_aside(settlement(number), "out of range")
    assert [one.request_id for one in there.set_aside()] == ["r1", "r2"]
    assert other.set_aside() == ()
    there.forget(["r1"])
    assert here.set_aside() == (settlement(2),)
    here.close()
    assert spool("db-3").set_aside() == (settlement(2),)
    there.forget(["r2"])
    assert not list((tmp_path / "spool").glob("*.refused"))


def test_discarded_segments_and_a_clean_end_leave_nothing(
    spool: Callable[[str], FileSpool], tmp_path: Path
) -> None:
    one = spool("db-1")
    one.append(settlement(1))
    one.discard(one.close_segment())
    one.close()
    assert not list((tmp_path / "spool").iterdir())


def test_what_is_still_owed_stays_behind(spool: Callable[[str], FileSpool]) -> None:
    one = spool("db-1")
    one.append(settlement(1))
    one.close()
    [left] = spool("db-2").orphans()
    assert len(left.settlements) == 1


def test_a_spool_whose_directory_is_gone_is_not_writable(tmp_path: Path) -> None:
    spool = FileSpool(tmp_path / "spool", "ledger-1")
    spool.open()
    assert spool.writable()
    (tmp_path / "spool").rename(tmp_path / "elsewhere")
    assert not spool.writable()
    (tmp_path / "elsewhere").rename(tmp_path / "spool")
    assert spool.writable()
    spool.close()
