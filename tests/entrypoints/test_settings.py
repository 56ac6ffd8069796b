from __future__ import annotations

import pickle
import re
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oneapi.entrypoints.settings import Settings, SettingsError, environment, variables

if TYPE_CHECKING:
    from pathlib import Path

#: The variables that the original reads, or that its README names.
OF_THE_ORIGINAL = """
    PORT GIN_MODE DEBUG DEBUG_SQL SESSION_SECRET SQL_DSN LOG_SQL_DSN SQLITE_PATH SQLITE_BUSY_TIMEOUT SQL_MAX_IDLE_CONNS
    SQL_MAX_OPEN_CONNS SQL_MAX_LIFETIME SQL_CONN_MAX_LIFETIME REDIS_CONN_STRING REDIS_MASTER_NAME REDIS_PASSWORD
    SYNC_FREQUENCY MEMORY_CACHE_ENABLED BATCH_UPDATE_ENABLED BATCH_UPDATE_INTERVAL NODE_TYPE FRONTEND_BASE_URL
    CHANNEL_TEST_FREQUENCY CHANNEL_UPDATE_FREQUENCY POLLING_INTERVAL GLOBAL_API_RATE_LIMIT GLOBAL_WEB_RATE_LIMIT
    RELAY_TIMEOUT RELAY_PROXY USER_CONTENT_REQUEST_PROXY USER_CONTENT_REQUEST_TIMEOUT ENFORCE_INCLUDE_USAGE TEST_PROMPT
    GEMINI_SAFETY_SETTING GEMINI_VERSION THEME ENABLE_METRIC METRIC_QUEUE_SIZE METRIC_SUCCESS_RATE_THRESHOLD
    METRIC_SUCCESS_CHAN_SIZE METRIC_FAIL_CHAN_SIZE INITIAL_ROOT_TOKEN INITIAL_ROOT_ACCESS_TOKEN ONLY_ONE_LOG_FILE
    TIKTOKEN_CACHE_DIR DATA_GYM_CACHE_DIR HTTP_PROXY HTTPS_PROXY NO_PROXY
""".split()
SECRET = "5e7c-0f-hunter2"


def known_names() -> set[str]:
    return {name.upper() for name in variables()} | {
        alias for variable in variables().values() for alias in variable.aliases
    }


def test_every_variable_of_the_original_is_known() -> None:
    assert set(OF_THE_ORIGINAL) <= known_names()


def test_if_the_originals_readme_and_code_differ_the_readme_counts() -> None:
    settings = Settings.from_environment({})

    assert (settings.global_api_rate_limit, settings.global_web_rate_limit) == (180, 60)
    assert settings.sql_conn_max_lifetime == 60 * 60
    assert settings.test_prompt.startswith("Print your model name")


def test_without_variables_settings_have_their_defaults() -> None:
    assert Settings.from_environment({}) == Settings()


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("PORT", " 8080 ", "port", 8080),
        ("PORT", "", "port", 3000),
        ("SQLITE_BUSY_TIMEOUT", "1500", "sqlite_busy_timeout", 1.5),
        ("SQL_CONN_MAX_LIFETIME", "2", "sql_conn_max_lifetime", 120),
        ("SQL_MAX_LIFETIME", "90", "sql_conn_max_lifetime", 90),
        ("CHANNEL_TEST_FREQUENCY", "1440", "channel_test_frequency", 86400),
        ("RELAY_TIMEOUT", "0", "relay_timeout", None),
        ("RELAY_TIMEOUT", "1.5", "relay_timeout", 1.5),
        ("NODE_TYPE", "Slave", "node_type", "slave"),
        ("FRONTEND_BASE_URL", "https://a.example/", "frontend_base_url", "https://a.example"),
        ("HTTPS_PROXY", "proxy.example:3128", "https_proxy", "http://proxy.example:3128"),
        ("https_proxy", "http://proxy.example", "https_proxy", "http://proxy.example"),
        (
            "USER_CONTENT_REQUEST_PROXY",
            "https://p.example",
            "user_content_request_proxy",
            "https://p.example",
        ),
        ("DATA_GYM_CACHE_DIR", "/tables", "tiktoken_cache_dir", "/tables"),
        ("REDIS_CONN_STRING", "redis://redis", "redis_conn_string", "redis://redis"),
        ("REDIS_CONN_STRING", "a:26379, b:26379", "redis_conn_string", "a:26379, b:26379"),
        ("SESSION_SECRET", "random_string", "session_secret", ""),
        ("SESSION_SECRET", SECRET, "session_secret", SECRET),
        ("TRUSTED_PROXIES", "none", "trusted_proxies", ()),
    ],
)
def test_a_value_is_read(name: str, text: str, field: str, value: object) -> None:
    assert getattr(Settings.from_environment({name: text}), field) == value


def test_the_name_in_the_readme_takes_precedence_over_its_alias() -> None:
    both = {"SQL_MAX_LIFETIME": "5", "SQL_CONN_MAX_LIFETIME": "5"}

    assert Settings.from_environment(both).sql_conn_max_lifetime == 300


@pytest.mark.parametrize(
    ("text", "value"), [("true", True), ("1", True), ("false", False), ("0", False), ("", False)]
)
@pytest.mark.parametrize("name", ["BATCH_UPDATE_ENABLED", "MEMORY_CACHE_ENABLED"])
def test_a_switch_is_on_or_off(name: str, text: str, *, value: bool) -> None:
    assert getattr(Settings.from_environment({name: text}), name.lower()) is value


def test_only_two_switches_accept_capitals() -> None:
    assert Settings.from_environment({"DEBUG": "TRUE", "MEMORY_CACHE_ENABLED": "True"}).debug
    with pytest.raises(SettingsError):
        Settings.from_environment({"ENABLE_METRIC": "True"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "abc"),
        ("PORT", "70000"),
        ("PORT", "٣٠٠٠٠٠"),
        ("WORKERS", "0"),
        ("GLOBAL_API_RATE_LIMIT", "-1"),
        ("GLOBAL_API_RATE_LIMIT", "1_000"),
        ("METRIC_SUCCESS_RATE_THRESHOLD", "1.5"),
        ("SHUTDOWN_GRACE", "nan"),
        ("RELAY_TIMEOUT", "soon"),
        ("ENFORCE_INCLUDE_USAGE", "yes"),
        ("NODE_TYPE", "primary"),
        ("FRONTEND_BASE_URL", "openai.example"),
        ("RELAY_PROXY", "ftp://proxy.example"),
        ("RELAY_PROXY", "https://proxy.example"),
        ("HTTPS_PROXY", "https://proxy.example"),
        ("RELAY_PROXY", "http://proxy.example:port"),
        ("REDIS_CONN_STRING", "localhost"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("SQL_DSN", "user:password@carrier-pigeon(host)/oneapi"),
        ("SQLITE_PATH", ":memory:"),
        ("DEFAULT_LANGUAGE", "fr"),
        ("INITIAL_ROOT_TOKEN", "sk-" + "k" * 49),
        ("INITIAL_ROOT_ACCESS_TOKEN", "a" * 33),
        ("SQL_MAX_LIFETIME", "an hour"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: text})

    assert str(caught.value).startswith(f"{name} ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(name for name, variable in variables().items() if variable.secret))
def test_a_secret_is_neither_shown_nor_repeated(name: str) -> None:
    try:
        settings = Settings.from_environment({name.upper(): f"bad://root:{SECRET}@@@"})
    except SettingsError as error:
        assert SECRET not in str(error)
    else:
        assert SECRET in str(getattr(settings, name))
        assert SECRET not in repr(settings)


@given(st.sampled_from(sorted(known_names())), st.text(max_size=60))
def test_any_text_is_either_a_setting_or_one_clear_line(name: str, text: str) -> None:
    try:
        Settings.from_environment({name: text})
    except SettingsError as error:
        assert re.fullmatch(rf"{name} [^\r\n]+", str(error))


def test_by_default_only_neighbours_are_trusted_with_forwarding_headers() -> None:
    trusted = Settings().trusted_proxies

    for address, expected in {
        "127.0.0.1": True,
        "172.18.0.2": True,
        "fd00::1": True,
        "8.8.8.8": False,
    }.items():
        ip = ip_address(address)
        assert any(ip in network for network in trusted if network.version == ip.version) is expected


def test_settings_can_be_sent_to_worker_processes() -> None:
    settings = Settings(sql_dsn="postgres://u:p@h/d", trusted_proxies=())

    assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301  # our own bytes


def test_the_real_environment_takes_precedence_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text(
        "\ufeff# settings\nPORT=4000\nexport THEME='berry'\nTEST_PROMPT=\"Who are you?\"\n", encoding="utf-8"
    )
    monkeypatch.setenv("PORT", "5000")

    settings = Settings.from_environment(environment(tmp_path))

    assert (settings.port, settings.theme, settings.test_prompt) == (5000, "berry", "Who are you?")


def test_without_a_file_the_environment_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THEME", "air")

    assert Settings.from_environment(environment(tmp_path)).theme == "air"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff\xfe")

    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        environment(tmp_path)
