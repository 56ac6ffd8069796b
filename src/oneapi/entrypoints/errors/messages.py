"""Errors concerning mails and push messages."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors.messages import (
    MailBadRecipient,
    MailBadSender,
    MailBroken,
    MailCertificateInvalid,
    MailLoginRefused,
    MailNotConfigured,
    MailRefused,
    MailServerUnreachable,
    MailTimedOut,
    MailUnencrypted,
    MessageNotSentSaying,
    NoOwnEmail,
    PushGarbage,
    PushNotConfigured,
    PushRefused,
    PushUnreachable,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        NoOwnEmail: Row("您的账户还没有绑定邮箱", "your account has no e-mail address yet"),
        MailNotConfigured: Row(
            "发送邮件失败：未配置 SMTP 服务器", "failed to send email: no SMTP server is configured"
        ),
        MailBadRecipient: Row(
            "发送邮件失败：收件人地址无效", "failed to send email: the recipient's address is not valid"
        ),
        MailBadSender: Row(
            "发送邮件失败：SMTPFrom 和 SMTPAccount 都不是有效的邮箱地址",
            "failed to send email: neither SMTPFrom nor SMTPAccount is an e-mail address",
        ),
        MailServerUnreachable: Row(
            "发送邮件失败：无法连接邮件服务器", "failed to send email: the mail server cannot be reached"
        ),
        MailTimedOut: Row(
            "发送邮件失败：邮件服务器响应超时", "failed to send email: the mail server took too long"
        ),
        MailCertificateInvalid: Row(
            "发送邮件失败：邮件服务器的证书无效",
            "failed to send email: the mail server's certificate is not valid",
        ),
        MailUnencrypted: Row(
            "发送邮件失败：邮件服务器不支持加密，因此没有发送密码",
            "failed to send email: the mail server offers no encryption, so the password was not sent",
        ),
        MailLoginRefused: Row(
            "发送邮件失败：邮件服务器拒绝登录",
            "failed to send email: the mail server refused the login",
        ),
        MailRefused: Row(
            "发送邮件失败：邮件服务器拒绝了邮件（{code}）",
            "failed to send email: the mail server refused the mail (code {code})",
        ),
        MailBroken: Row(
            "发送邮件失败：与邮件服务器的通信失败",
            "failed to send email: communication with the mail server failed",
        ),
        PushNotConfigured: Row(
            "推送消息失败：Message Pusher 未配置",
            "failed to push the message: Message Pusher is not configured",
        ),
        PushUnreachable: Row(
            "推送消息失败：无法连接 Message Pusher",
            "failed to push the message: Message Pusher cannot be reached",
        ),
        PushGarbage: Row(
            "推送消息失败：无法识别 Message Pusher 的回复（HTTP {said}）",
            "failed to push the message: the answer of Message Pusher could not be understood (HTTP {said})",
        ),
        PushRefused: Row(
            "推送消息失败：Message Pusher 拒绝了消息",
            "failed to push the message: Message Pusher refused the message",
        ),
        MessageNotSentSaying: Row("{failure}：{reply}", "{failure}: {reply}"),
    }
)
