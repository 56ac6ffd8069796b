"""Options as the original stores them, read leniently and written strictly."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from oneapi.data import price_tables
from oneapi.domain.errors.options import BadOption
from oneapi.domain.money.pricing import shown_ratios
from oneapi.domain.options import FIELDS, Options, check_option, list_options, read_options
from oneapi.entrypoints.errors.answers import text_of

FIXTURE = json.loads((Path(__file__).parents[1] / "fixtures" / "original" / "manifest.json").read_text())
DEFAULTS = Options()


def listed(stored: dict[str, str]) -> dict[str, str]:
    options = read_options(stored)
    return list_options(options, stored, shown_ratios(options, price_tables()))


def refusal(key: str, value: str, options: Options = DEFAULTS) -> str:
    with pytest.raises(BadOption) as caught:
        check_option(key, value, options)
    assert caught.value.key == key
    return text_of(caught.value, "zh")


# --- reading -------------------------------------------------------------------------------------


def test_every_option_of_the_original_is_known_and_three_more() -> None:
    assert len(FIELDS) == 59 + 3
    assert set(FIXTURE["options"]["stored"]) - set(FIELDS) == {"LegacyUnknownKey"}


def test_a_database_of_the_original() -> None:
    options = read_options(FIXTURE["options"]["stored"])
    assert options.approximate_token_enabled
    assert (options.quota_for_new_user, options.pre_consumed_quota, options.retry_times) == (20_000, 600, 2)
    assert options.channel_disable_threshold == Decimal("12.5")
    assert options.group_ratio == {"default": 1, "vip": Decimal("0.8"), "svip": Decimal("0.5"), "内部": 2}
    assert options.unknown == {"LegacyUnknownKey": "kept as it is"}


@pytest.mark.parametrize(
    ("text", "on"), [("true", True), ("false", False), ("TRUE", False), ("1", False), ("", False)]
)
def test_a_switch_is_on_for_exactly_one_text(text: str, on: bool) -> None:  # noqa: FBT001
    assert read_options({"LogConsumeEnabled": text}).log_consume_enabled is on


@pytest.mark.parametrize("text", ["", "abc", "1.5", "1_000", "٣", "-1", "9" * 30, "nan"])
def test_a_number_that_makes_no_sense_counts_as_the_default(text: str) -> None:
    assert read_options({"PreConsumedQuota": text}).pre_consumed_quota == 500


@pytest.mark.parametrize("text", ["", "abc", "0", "-1", "nan", "inf", "1e999999"])
def test_the_unit_of_money_is_never_zero(text: str) -> None:
    assert read_options({"QuotaPerUnit": text}).quota_per_unit == 500_000


def test_ratios_are_read_digit_by_digit() -> None:
    ratios = read_options({"ModelRatio": '{"a": 0.1, "b": 1e-7, "c": 3}'}).model_ratio
    assert ratios == {"a": Decimal("0.1"), "b": Decimal("0.0000001"), "c": 3}


@pytest.mark.parametrize(
    "entry", ["-1", "NaN", "Infinity", "1e-999999", "1e99999", '"2"', "true", "null", "[]"]
)
def test_one_faulty_ratio_does_not_cost_the_others(entry: str) -> None:
    assert read_options({"ModelRatio": f'{{"a": 2, "b": {entry}}}'}).model_ratio == {"a": Decimal(2)}


@pytest.mark.parametrize("text", ["", "[]", "null", "3", "{", "[" * 5000, '{"a": 1e9999999999999999999}'])
def test_a_table_that_cannot_be_read_counts_as_the_default(text: str) -> None:
    assert read_options({"GroupRatio": text}).group_ratio is None
    assert json.loads(listed({"GroupRatio": text})["GroupRatio"]) == {"default": 1, "svip": 1, "vip": 1}


# --- listing -------------------------------------------------------------------------------------


def test_a_fresh_system_lists_what_the_original_lists() -> None:
    fresh = listed({})
    # less TurnstileSecretKey, which is a secret, and with three that the original does not know
    assert len(fresh) == 49
    assert fresh["QuotaPerUnit"] == "500000"
    assert fresh["ChannelDisableThreshold"] == "5"
    assert fresh["PasswordLoginEnabled"] == "true"
    assert len(json.loads(fresh["ModelRatio"])) == 565  # openrouter/auto has none
    assert fresh["GroupRatio"] == '{"default":1,"svip":1,"vip":1}'
    assert "OidcClientId" not in fresh


def test_a_database_of_the_original_lists_what_it_holds() -> None:
    expected = next(read for read in FIXTURE["reads"] if read["name"] == "options")["expect"]["options"]
    shown = listed(FIXTURE["options"]["stored"])
    assert {key: shown.get(key) for key in expected} == expected


def test_secrets_are_never_listed() -> None:
    stored = {key: "secret" for key in FIELDS if key.endswith(("Token", "Secret", "SecretKey"))}
    assert len(stored) == 7
    assert not set(listed({**stored, "SessionSecret": "x"})) & {*stored, "SessionSecret"}


def test_stored_prices_are_listed_with_the_defaults_they_leave_out() -> None:
    shown = json.loads(listed({"ModelRatio": '{"gpt-4o": 9.25, "own": 0.0000001}'})["ModelRatio"])
    assert (shown["gpt-4o"], shown["own"], shown["gpt-4"]) == (9.25, 1e-7, 15)


# --- writing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "NoSuchOption", "theme", "LegacyUnknownKey", "SessionSecret"])
def test_an_unknown_key_is_refused_even_where_one_is_stored(key: str) -> None:
    refusal(key, "x", read_options({"LegacyUnknownKey": "x", "SessionSecret": "x"}))


@pytest.mark.parametrize("key", sorted(FIELDS))
def test_every_default_may_be_written_back(key: str) -> None:
    texts = list_options(
        DEFAULTS, dict.fromkeys(FIELDS, ""), shown_ratios(DEFAULTS, price_tables())
    ) | listed({})
    check_option(key, texts.get(key, ""), DEFAULTS)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RegisterEnabled", "yes"),
        ("RegisterEnabled", ""),
        ("SMTPPort", "0"),
        ("SMTPPort", "70000"),
        ("SMTPPort", "abc"),
        ("RetryTimes", "-1"),
        ("QuotaForNewUser", "1e3"),
        ("QuotaForNewUser", str(2**53 + 1)),
        ("QuotaPerUnit", "0"),
        ("QuotaPerUnit", "abc"),
        ("ChannelDisableThreshold", "inf"),
        ("UnpricedModelPolicy", "free"),
        ("ServerAddress", "gateway.example"),
        ("ServerAddress", "javascript:alert(1)"),
        ("WeChatServerAddress", "http://"),
        ("MessagePusherAddress", "http://a b"),
        ("OidcTokenEndpoint", "https://x\nHost: y"),
        ("OidcWellKnown", "http://[::1"),
        ("ModelRatio", ""),
        ("ModelRatio", "[1]"),
        ("ModelRatio", '{"a": "1"}'),
        ("ModelRatio", '{"a": true}'),
        ("ModelRatio", '{"a": -0.1}'),
        ("GroupRatio", '{"a": NaN}'),
        ("GroupRatio", '{"a": 1e400}'),
        ("CompletionRatio", '{"a": 1e-400}'),
        ("CompletionRatio", '{"a": 1e99999999999999999999}'),
        ("Notice", "half a pair: \ud800"),
        ("Footer", "a\0b"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(key: str, value: str) -> None:
    assert refusal(key, value).startswith(f"{key} ")
    with pytest.raises(BadOption) as caught:
        check_option(key, value, DEFAULTS)
    assert text_of(caught.value, "en").startswith(f"{key} must ")


def test_an_unknown_theme_is_refused_in_the_words_of_the_original() -> None:
    assert refusal("Theme", "dark") == "无效的主题"
    check_option("Theme", "air", DEFAULTS)
    for address in ("", "http://127.0.0.1:3000", "https://gateway.example/one/", "https://模型.example"):
        check_option("ServerAddress", address, DEFAULTS)


@pytest.mark.parametrize(
    ("switch", "needs", "message"),
    [
        (
            "GitHubOAuthEnabled",
            "GitHubClientId",
            "无法启用 GitHub OAuth，请先填入 GitHub Client Id 以及 GitHub Client Secret！",
        ),
        (
            "EmailDomainRestrictionEnabled",
            "EmailDomainWhitelist",
            "无法启用邮箱域名限制，请先填入限制的邮箱域名！",
        ),
        ("WeChatAuthEnabled", "WeChatServerAddress", "无法启用微信登录，请先填入微信登录相关配置信息！"),
        (
            "TurnstileCheckEnabled",
            "TurnstileSiteKey",
            "无法启用 Turnstile 校验，请先填入 Turnstile 校验相关配置信息！",
        ),
    ],
)
def test_a_switch_waits_for_what_it_needs(switch: str, needs: str, message: str) -> None:
    assert refusal(switch, "true", read_options({needs: " , "})) == message
    check_option(switch, "true", read_options({needs: "x.example"}))
    check_option(switch, "false", read_options({needs: ""}))
