from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING

import pytest

from oneapi.entrypoints.logging import configure_logging
from oneapi.entrypoints.settings import CannotStart, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

logger = logging.getLogger("oneapi.test")


@pytest.fixture(autouse=True)
def _restore_levels() -> Iterator[None]:
    root = logging.getLogger()
    before, handlers = root.level, list(root.handlers)
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(before)


def lines_of(directory: Path, name: str = "oneapi.log") -> list[str]:
    return (directory / name).read_text(encoding="utf-8").splitlines()


def test_a_line_is_written_as_the_original_writes_it(tmp_path: Path) -> None:
    configure_logging(Settings(only_one_log_file=True), str(tmp_path))

    logger.warning("渠道 %d is %s", 7, "off", extra={"request_id": "20260102-1"})

    form = r"\[WARN\] \d{4}/\d\d/\d\d - \d\d:\d\d:\d\d \| 20260102-1 \| 渠道 7 is off"
    assert re.fullmatch(form, lines_of(tmp_path)[0])


def test_lines_go_to_standard_output_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(), "")

    logger.error("seen")

    assert capsys.readouterr().out.endswith("| SYS | seen\n")
    assert list(tmp_path.iterdir()) == []


def test_the_files_name_has_the_day_of_the_start(tmp_path: Path) -> None:
    configure_logging(Settings(), str(tmp_path / "new" / "logs"))

    logger.info("started")

    assert lines_of(tmp_path / "new" / "logs", f"oneapi-{time.strftime('%Y%m%d')}.log")


def test_lines_cannot_be_forged(tmp_path: Path) -> None:
    configure_logging(Settings(only_one_log_file=True), str(tmp_path))

    logger.error("model %s", "x\r\n[INFO] 2026/01/01 - 00:00:00 | SYS | all is well")

    assert len(lines_of(tmp_path)) == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[2K", r"\x1b[2K"),
        ("\x85", r"\x85"),
        ("\u2028", r"\u2028"),
        ("\u202e", r"\u202e"),
        ("\x00", r"\x00"),
        ("\x9b", r"\x9b"),
        ("\t", r"\t"),
        ("模型 é 🙂", "模型 é 🙂"),
    ],
)
def test_control_characters_are_escaped(tmp_path: Path, written: str, shown: str) -> None:
    configure_logging(Settings(only_one_log_file=True), str(tmp_path))
    failure = ValueError(f"trace {written}\n[INFO] forged")
    logger.error("a %s b", written, exc_info=failure)

    first, *trace = (tmp_path / "oneapi.log").read_text(encoding="utf-8").rstrip("\n").split("\n")
    assert first.endswith(f"| SYS | a {shown} b")
    assert any(f"trace {shown}" in line for line in trace)
    assert all(line.startswith("  ") for line in trace)


def test_lone_surrogates_do_not_stop_the_log(tmp_path: Path) -> None:
    configure_logging(Settings(only_one_log_file=True), str(tmp_path))

    logger.error("model %s", "\ud800")

    assert lines_of(tmp_path)[0].endswith("\\ud800")


def test_configuring_logging_twice_duplicates_no_line(tmp_path: Path) -> None:
    configure_logging(Settings(only_one_log_file=True), str(tmp_path))
    configure_logging(Settings(only_one_log_file=True), str(tmp_path))

    logger.error("once")

    assert len(lines_of(tmp_path)) == 1


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(log_level="error", only_one_log_file=True), ["error"]),
        (Settings(only_one_log_file=True), ["info", "error"]),
        (Settings(log_level="error", debug=True, only_one_log_file=True), ["debug", "info", "error"]),
    ],
)
def test_levels(tmp_path: Path, settings: Settings, expected: list[str]) -> None:
    configure_logging(settings, str(tmp_path))

    for level in ("debug", "info", "error"):
        getattr(logger, level)(level)

    assert [line.rpartition(" ")[2] for line in lines_of(tmp_path)] == expected


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")

    with pytest.raises(CannotStart, match=r"log directory .*logs"):
        configure_logging(Settings(), str(tmp_path / "logs"))


def test_urls_of_outgoing_calls_are_never_written(tmp_path: Path) -> None:
    """One provider takes its key in the query, and the HTTP client logs whole URLs at level INFO."""
    configure_logging(Settings(debug=True, only_one_log_file=True), str(tmp_path))

    logging.getLogger("httpx").info("HTTP Request: GET https://provider.example/?api_key=secret")
    logging.getLogger("httpcore.connection").debug("connect_tcp.started")

    assert lines_of(tmp_path) == []
