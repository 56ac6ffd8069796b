"""The texts of letters in Chinese and English, as HTML and as plain text.

Templates are filled only once, with plain texts: markup in a name appears literally, and is escaped in HTML.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from attrs import asdict, frozen

from oneapi.adapters.texts.amounts import amount_text
from oneapi.application.messages.letters import (
    ChannelDisabled,
    ChannelEnabled,
    ChannelSlow,
    ChargesSetAside,
    Letter,
    PasswordReset,
    QuotaLow,
    QuotaUsedUp,
    TestsFinished,
    Trial,
    VerificationCode,
)
from oneapi.domain.logs.events import Amount
from oneapi.domain.routing.health import LowSuccessRate, NoBalance, SlowTest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.application.messages.letters import Message


@frozen
class LetterText:
    """A letter in one language: ``mark`` is the text to be emphasised, ``button`` the label of the letter's link."""

    subject: str
    lines: tuple[str, ...]
    mark: str = ""
    button: str = ""


WORDS: Mapping[type[Message], Mapping[str, LetterText]] = {
    VerificationCode: {
        "zh": LetterText(
            "{system} 邮箱验证邮件",
            (
                "您好，您正在进行 {system} 邮箱验证。您的验证码为：",
                "验证码 10 分钟内有效。如果不是本人操作，请忽略。",
            ),
            mark="{code}",
        ),
        "en": LetterText(
            "{system}: verify your e-mail address",
            (
                "Your code to verify your e-mail address at {system} is:",
                "It is valid for 10 minutes. If you did not request it, ignore this message.",
            ),
            mark="{code}",
        ),
    },
    PasswordReset: {
        "zh": LetterText(
            "{system} 密码重置",
            (
                "您好，您正在进行 {system} 密码重置。请打开以下链接：",
                "链接 10 分钟内有效。如果不是本人操作，请忽略。",
            ),
            button="重置密码",
        ),
        "en": LetterText(
            "{system}: reset your password",
            (
                "We received a request to reset your password at {system}. Open this link to reset it:",
                "It is valid for 10 minutes. If you did not request it, ignore this message.",
            ),
            button="Reset the password",
        ),
    },
    QuotaLow: {
        "zh": LetterText(
            "额度提醒",
            ("您的额度即将用尽，当前剩余额度为 {left}。", "为了不影响您的使用，请及时充值。"),
            button="充值",
        ),
        "en": LetterText(
            "Quota reminder",
            (
                "Your quota is running low. Remaining quota: {left}.",
                "Top up soon, so that your requests are not refused.",
            ),
            button="Top up",
        ),
    },
    QuotaUsedUp: {
        "zh": LetterText(
            "额度提醒", ("您的额度已用尽，当前剩余额度为 {left}。", "请充值后继续使用。"), button="充值"
        ),
        "en": LetterText(
            "Quota reminder",
            ("Your quota is used up. Remaining quota: {left}.", "Requests are refused until you top it up."),
            button="Top up",
        ),
    },
    ChannelDisabled: {
        "zh": LetterText("渠道状态变更提醒", ("渠道「{name}」（#{id}）已被禁用。", "禁用原因：{cause}")),
        "en": LetterText(
            "Channel status changed", ("The channel {name} (#{id}) has been disabled.", "Reason: {cause}")
        ),
    },
    ChannelEnabled: {
        "zh": LetterText("渠道状态变更提醒", ("渠道「{name}」（#{id}）已被重新启用。",)),
        "en": LetterText("Channel status changed", ("The channel {name} (#{id}) has been enabled again.",)),
    },
    ChannelSlow: {
        "zh": LetterText(
            "渠道 {name} （{id}）测试超时",
            ("渠道「{name}」（#{id}）测试用时 {seconds:.2f} 秒，超过阈值 {threshold:g} 秒。",),
        ),
        "en": LetterText(
            "Channel {name} (#{id}) is slow",
            (
                "The test of channel {name} (#{id}) took {seconds:.2f} s, more than the limit of {threshold:g} s.",
            ),
        ),
    },
    TestsFinished: {
        "zh": LetterText("渠道测试完成", ("共测试 {tested} 个渠道，其中 {failed} 个失败。",)),
        "en": LetterText(
            "Channel tests finished", ("{tested} channels were tested, and {failed} of them failed.",)
        ),
    },
    ChargesSetAside: {
        "zh": LetterText(
            "有扣费记录无法写入数据库",
            (
                "数据库拒绝了 {count} 条扣费记录。这些记录已另行保存，尚未扣费，其他用户不受影响。",
                "原因见日志。排除原因后，请在服务器上运行 oneapi retry-charges，或重启服务。",
            ),
        ),
        "en": LetterText(
            "The database refused charges",
            (
                "The database refused {count} charges. They were set aside and not applied; all others were applied.",
                "The log gives the reason. Fix it, then run oneapi retry-charges on the server, or restart the server.",
            ),
        ),
    },
    Trial: {
        "zh": LetterText("{system} 测试消息", ("收到这条消息，说明 {system} 的消息设置可用。",)),
        "en": LetterText(
            "{system}: test message", ("If you can read this, the message settings of {system} work.",)
        ),
    },
}
#: Why a channel was disabled, for reasons other than a provider's error message.
CAUSES: Mapping[type[Any], Mapping[str, str]] = {
    LowSuccessRate: {"zh": "成功率只有 {rate:.2%}", "en": "only {rate:.2%} of its requests succeeded"},
    NoBalance: {"zh": "余额不足", "en": "its account has no balance left"},
    SlowTest: {
        "zh": "测试用时 {seconds:.2f} 秒，超过阈值 {threshold:g} 秒",
        "en": "its test took {seconds:.2f} s, more than the limit of {threshold:g} s",
    },
}


def write_letter(message: Message, language: str) -> Letter:
    """``message`` in ``language``, ``zh`` or ``en``; with a button if it has a link."""
    words = WORDS[type(message)][language]
    fields = {name: getattr(message, name) for name in message.__match_args__}
    said = {name: _word(value, language) for name, value in fields.items()}
    link: str = fields.get("link", "")
    first, *rest = [line.format(**said) for line in words.lines]
    subject, mark = words.subject.format(**said), words.mark.format(**said)
    parts = [_paragraph(first)]
    if mark:
        parts.append(f'<p style="{_MARK}">{escape(mark)}</p>')
    if link:
        parts.append(f'<p><a href="{escape(link)}" style="{_BUTTON}">{escape(words.button)}</a></p>')
        parts.append(f'<p style="{_SMALL}">{escape(link)}</p>')
    parts += [_paragraph(line) for line in rest]
    return Letter(
        subject=subject,
        html=_page(language, subject, parts),
        text="\n\n".join([first, *filter(None, (mark, link)), *rest]) + "\n",
    )


def _word(value: Any, language: str) -> Any:
    if isinstance(value, Amount):
        return amount_text(value, language)
    if type(value) in CAUSES:
        return CAUSES[type(value)][language].format(**asdict(value))
    return value


# --- layout ------------------------------------------------------------------------------------

# Styles are inline because mail programs drop style sheets. Text and background have no colours of ours, so that the
# reader's own, light or dark, apply.
_BODY = "margin:0;padding:24px;line-height:1.6;font-family:system-ui,-apple-system,'Segoe UI',sans-serif"
_CARD = (
    "max-width:560px;margin:0 auto;padding:24px;border:1px solid rgba(128,128,128,.4);border-radius:8px;"
    "overflow-wrap:anywhere"
)
_TITLE = "margin:0 0 16px;font-size:20px"
_MARK = "margin:16px 0;font-size:28px;font-weight:600;letter-spacing:4px;font-family:monospace"
_BUTTON = (
    "display:inline-block;padding:10px 20px;border-radius:6px;background:#2563eb;color:#ffffff;"
    "text-decoration:none"
)
_SMALL = "font-size:13px;opacity:.75"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _page(language: str, title: str, parts: list[str]) -> str:
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{"en" if language == "en" else "zh-CN"}">',
            '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
            f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title></head>',
            f'<body style="{_BODY}"><div style="{_CARD}">',
            f'<h1 style="{_TITLE}">{escape(title)}</h1>',
            *parts,
            "</div></body>",
            "</html>",
            "",
        ]
    )
