"""What the admin API says when it refuses: in Chinese, as clients of the original know it, and in English."""

from __future__ import annotations

from typing import Any

TEXTS: dict[str, tuple[str, str]] = {
    "not_signed_in": (
        "无权进行此操作，未登录且未提供 access token",
        "you are neither signed in nor did you give an access token",
    ),
    "bad_access_token": ("无权进行此操作，access token 无效", "this access token is not valid"),
    "banned": ("用户已被封禁", "this user is banned"),
    "not_permitted": ("无权进行此操作，权限不足", "you are not permitted to do this"),
    "foreign_origin": (
        "无权进行此操作，请求来自其他站点",
        "refused: the request comes from a page of another site",
    ),
    "too_many_requests": ("请求次数过多，请稍后再试", "too many requests, try again later"),
    "password_login_disabled": (
        "管理员关闭了密码登录",
        "the administrator has disabled signing in by password",
    ),
    "wrong_login": (
        "用户名或密码错误，或用户已被封禁",
        "the name or the password is wrong, or the user is banned",
    ),
    "invalid_parameter": ("无效的参数", "invalid parameter"),
    "empty_body": ("参数错误：请求体为空", "the request body is empty"),
    "bad_json": ("参数错误：无效的 JSON 请求体：{detail}", "the JSON body cannot be read: {detail}"),
    "bad_type": (
        "参数错误：{field} 的类型应为 {expected}，而不是 {got}",
        "{field} must be {expected}, not {got}",
    ),
    "unknown_option": ("参数错误：未知的配置项 {option}", "there is no option {option}"),
    "not_found": ("record not found", "record not found"),
    "id_missing": ("id 或 userId 为空！", "the id is missing"),
    "token_name_too_long": ("参数错误：令牌名称过长", "the token's name is longer than {most} characters"),
    "bad_subnet": (
        "参数错误：无效的网段：failed to parse subnet: invalid CIDR address: {subnet}",
        "not a network in CIDR notation: {subnet}",
    ),
    "bad_models": ("参数错误：无效的模型列表", "the list of models names no model"),
    "token_expired": (
        "令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期",
        "the token has expired: give it a later expiry, or none, to enable it",
    ),
    "token_exhausted": (
        "令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度",
        "the token's quota is used up: give it more, or make it unlimited, to enable it",
    ),
    "bad_status": ("参数错误：无效的状态 {status}", "there is no status {status}"),
    "out_of_range": ("参数错误：{field} 超出范围", "{field} is out of range"),
    "too_long": ("参数错误：{field} 过长（最多 {most} 个字符）", "{field} is longer than {most} characters"),
    "too_many": ("参数错误：{field} 过多（最多 {most} 个）", "{field} has more than {most} entries"),
    "key_missing": ("参数错误：密钥不能为空", "the key is missing"),
    "key_needed": (
        "修改渠道地址时必须重新输入密钥",
        "the host of the base URL changes: enter the key again",
    ),
    "bad_key": ("参数错误：密钥过长或含有控制字符", "the key is too long or holds control characters"),
    "sealed_key": (
        "参数错误：这是加密存储后的密文，请输入密钥原文",
        "this is a key as it is stored encrypted: enter the key itself",
    ),
    "bad_json_field": ("参数错误：{field} 必须是 JSON 对象", "{field} must be a JSON object"),
    "bad_json_texts": (
        "参数错误：{field} 必须是值为字符串的 JSON 对象",
        "{field} must be a JSON object whose values are strings",
    ),
    "bad_base_url": (
        "参数错误：无效的渠道地址：{problem}",
        "the base URL is not valid: {problem}",
    ),
    "test_running": ("测试已在运行中", "a test is already running"),
    "bad_scope": ("参数错误：无效的测试范围 {scope}", "there is no scope {scope}: it is all or disabled"),
    "balances_running": ("余额更新已在运行中", "an update of the balances is already running"),
    "upstream_failed": ("{detail}", "{detail}"),
    "bad_key_form": (
        "参数错误：密钥格式不正确，应为 {form}",
        "the key of this channel type has the form {form}",
    ),
    "nothing_to_set": (
        "参数错误：未指定要修改的字段（priority、weight、group）",
        "name what to set: priority, weight or group",
    ),
    "send_email_failed": ("发送邮件失败：{detail}", "failed to send email: {detail}"),
    "bad_username": (
        "用户名不能为空，也不能包含不可见字符或混用形近的文字",
        "the user name is blank, holds characters that nobody sees, or mixes scripts that look alike",
    ),
    "name_taken": (
        "用户名已被占用，或与已有用户名过于相似",
        "the user name is taken, or too like one that is",
    ),
    "invalid_input": ("无效的输入，请检查您的输入", "Invalid input, please check your input"),
    "invalid_own_input": ("输入不合法 {field}", "{field} is not valid"),
    "password_too_long": (
        "密码过长，编码后不得超过 {most} 字节",
        "the password is too long: encoded it has more than {most} bytes",
    ),
    "wrong_old_password": (
        "原密码错误，或需要重新登录后再修改用户名或密码",
        "the old password is wrong; give it, or sign in again, to change the name or the password",
    ),
    "register_disabled": ("管理员关闭了新用户注册", "the administrator has disabled registering"),
    "password_register_disabled": (
        "管理员关闭了通过密码进行注册，请使用第三方账户验证的形式进行注册",
        "the administrator has disabled registering by password: sign in with an account elsewhere",
    ),
    "code_missing": (
        "管理员开启了邮箱验证，请输入邮箱地址和验证码",
        "an e-mail address and the code sent to it are needed",
    ),
    "wrong_code": ("验证码错误或已过期", "the code is wrong or has expired"),
    "wrong_reset_link": ("重置链接非法或已过期", "the link is not valid or has expired"),
    "email_taken": ("邮箱地址已被占用", "this e-mail address is taken"),
    "email_domain_refused": (
        "管理员启用了邮箱域名白名单，您的邮箱地址的域名不在白名单中",
        "the administrator does not admit the domain of this e-mail address",
    ),
    "human_token_missing": ("Turnstile token 为空", "the Turnstile token is missing"),
    "human_check_failed": (
        "Turnstile 校验失败，请刷新重试！",
        "the Turnstile check failed: load the page again",
    ),
    "human_check_away": (
        "无法连接至 Turnstile 服务器，请稍后重试！",
        "Turnstile cannot be reached, try again later",
    ),
    "root_not_deletable": ("不能删除超级管理员账户", "the root account cannot be deleted"),
    "user_id_missing": ("id 为空！", "the id is missing"),
    "user_unknown": ("用户不存在", "there is no such user"),
    "bad_role": ("参数错误：无效的角色 {role}", "there is no role {role} to give"),
    "unknown_action": ("参数错误：未知的操作 {action}", "there is no action {action}"),
    "may_not_read": ("无权获取同级或更高等级用户的信息", "you may not read users of your own level or above"),
    "may_not_create": (
        "无法创建权限大于等于自己的用户",
        "you may not create users of your own level or above",
    ),
    "may_not_change": (
        "无权更新同权限等级或更高权限等级的用户信息",
        "you may not change users of your own level or above",
    ),
    "may_not_raise": (
        "无权将其他用户权限等级提升到大于等于自己的权限等级",
        "you may not raise users to your own level or above",
    ),
    "may_not_delete": (
        "无权删除同权限等级或更高权限等级的用户",
        "you may not delete users of your own level or above",
    ),
    "root_not_disabled": ("无法禁用超级管理员用户", "the root user cannot be disabled"),
    "root_not_deleted": ("无法删除超级管理员用户", "the root user cannot be deleted"),
    "root_not_demoted": ("无法降级超级管理员用户", "the root user cannot be demoted"),
    "only_root_promotes": (
        "普通管理员用户无法提升其他用户为管理员",
        "only root may make others administrators",
    ),
    "is_admin_already": ("该用户已经是管理员", "this user is an administrator already"),
    "is_common_already": ("该用户已经是普通用户", "this user is a common user already"),
    "already_bound": ("该第三方账户已被绑定", "this account is bound to another user already"),
    "bad_state": ("state is empty or not same", "state is empty or not same"),
    "github_disabled": (
        "管理员未开启通过 GitHub 登录以及注册",
        "the administrator has not enabled signing in with GitHub",
    ),
    "oidc_disabled": (
        "管理员未开启通过 OIDC 登录以及注册",
        "the administrator has not enabled signing in with OIDC",
    ),
    "lark_disabled": (
        "管理员未开启通过飞书登录以及注册",
        "the administrator has not enabled signing in with Lark",
    ),
    "wechat_disabled": (
        "管理员未开启通过微信登录以及注册",
        "the administrator has not enabled signing in with WeChat",
    ),
    "github_unreachable": (
        "无法连接至 GitHub 服务器，请稍后重试！",
        "GitHub cannot be reached, try again later",
    ),
    "oidc_unreachable": (
        "无法连接至 OIDC 服务器，请稍后重试！",
        "the OIDC provider cannot be reached, try again later",
    ),
    "lark_unreachable": ("无法连接至飞书服务器，请稍后重试！", "Lark cannot be reached, try again later"),
    "wechat_unreachable": (
        "无法连接至微信服务器，请稍后重试！",
        "the WeChat server cannot be reached, try again later",
    ),
    "github_refused": ("返回值非法，用户字段为空，请稍后重试！", "GitHub names no user, try again"),
    "oidc_refused": ("返回值非法，用户字段为空，请稍后重试！", "the OIDC provider names no user, try again"),
    "lark_refused": ("返回值非法，用户字段为空，请稍后重试！", "Lark names no user, try again"),
    "wechat_refused": ("验证码错误或已过期", "the code is wrong or has expired"),
    "github_bound": ("该 GitHub 账户已被绑定", "this GitHub account is bound already"),
    "oidc_bound": ("该 OIDC 账户已被绑定", "this OIDC account is bound already"),
    "lark_bound": ("该飞书账户已被绑定", "this Lark account is bound already"),
    "wechat_bound": ("该微信账号已被绑定", "this WeChat account is bound already"),
    "mail_not_configured": ("未配置 SMTP 服务器", "no SMTP server is configured"),
    "mail_bad_recipient": ("收件人地址无效", "the recipient's address is not valid"),
    "mail_bad_sender": (
        "SMTPFrom 和 SMTPAccount 都不是有效的邮箱地址",
        "neither SMTPFrom nor SMTPAccount is an e-mail address",
    ),
    "mail_unreachable": ("无法连接邮件服务器", "the mail server cannot be reached"),
    "mail_timeout": ("邮件服务器响应超时", "the mail server took too long"),
    "mail_certificate": ("邮件服务器的证书无效", "the mail server's certificate is not valid"),
    "mail_unencrypted": (
        "邮件服务器不支持加密，因此没有发送密码",
        "the mail server offers no encryption, so the password was not sent",
    ),
    "mail_login_refused": ("邮件服务器拒绝登录", "the mail server refused to let the gateway sign in"),
    "mail_refused": ("邮件服务器拒绝了邮件（{code}）", "the mail server refused the mail (code {code})"),
    "mail_broken": ("与邮件服务器的通信失败", "the conversation with the mail server failed"),
    "push_failed": ("推送消息失败：{detail}", "failed to push the message: {detail}"),
    "push_not_configured": ("Message Pusher 未配置", "Message Pusher is not configured"),
    "push_unreachable": ("无法连接 Message Pusher", "Message Pusher cannot be reached"),
    "push_garbage": (
        "无法识别 Message Pusher 的回复（HTTP {status}）",
        "Message Pusher gave an answer that is none (HTTP {status})",
    ),
    "push_refused": ("Message Pusher 拒绝了消息", "Message Pusher refused the message"),
    "said": ("{reason}：{reply}", "{reason}: {reply}"),
    "no_own_email": ("您的账户还没有绑定邮箱", "your account has no e-mail address yet"),
    "redemption_id_missing": ("id 为空！", "the id is missing"),
    "redemption_name_length": (
        "兑换码名称长度必须在1-20之间",
        "the name of a code must have 1 to 20 characters",
    ),
    "redemption_count_missing": ("兑换码个数必须大于0", "the number of codes must be at least 1"),
    "redemption_count_too_large": (
        "一次兑换码批量生成的个数不能大于 100",
        "no more than 100 codes can be made at once",
    ),
    "redemption_fixed": (
        "该兑换码已被使用，不能再修改",
        "the code has been used and does not change any more",
    ),
    "redemption_missing": ("未提供兑换码", "no code was given"),
    "redemption_unknown": ("兑换失败，无效的兑换码", "this is not a valid code"),
    "redemption_used": ("兑换失败，该兑换码已被使用", "this code has been used"),
    "quota_negative": ("quota 不能为负数！", "quota must not be negative"),
    "reference_used": (
        "该 Idempotency-Key 已用于另一次充值",
        "this Idempotency-Key was used for another top-up",
    ),
    "export_cut": (
        "仅导出最新的 {most} 行，请缩小筛选范围",
        "these are the newest {most} rows: narrow the filter to get the others",
    ),
    "export_broken": ("导出中断，请重试", "the export broke off: try again"),
    "timestamp_missing": ("target timestamp is required", "target timestamp is required"),
}


class Refusal(Exception):  # the request is refused; nothing went wrong
    """``key`` is one of ``TEXTS``; ``http_status`` 200 as in the original unless a client relies on another.

    ``retry_after``: seconds after which it may succeed. A field may be a Refusal: its text is filled in.
    """

    def __init__(
        self, key: str, http_status: int = 200, retry_after: float | None = None, **fields: Any
    ) -> None:
        super().__init__(key)
        self.key = key
        self.http_status = http_status
        self.retry_after = retry_after
        self.fields = fields

    def text(self, language: str) -> str:
        chinese, english = TEXTS[self.key]
        fields = {
            name: value.text(language) if isinstance(value, Refusal) else value
            for name, value in self.fields.items()
        }
        return (english if language == "en" else chinese).format(**fields)
