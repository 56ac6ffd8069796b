"""Errors concerning users, how they sign in, and their tokens."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from oneapi.domain.errors.people import (
    AdminAlready,
    AlreadyBound,
    BadSubnet,
    BadUsername,
    CodeMissing,
    CommonAlready,
    EmailDomainRefused,
    EmailTaken,
    HumanCheckFailed,
    HumanCheckUnavailable,
    HumanTokenMissing,
    IdentityAlreadyBound,
    IdentityProviderDisabled,
    IdentityProviderError,
    IdentityProviderRefused,
    IdentityProviderUnreachable,
    InvalidInput,
    InvalidOwnInput,
    MayNotChange,
    MayNotCreate,
    MayNotDelete,
    MayNotRaise,
    MayNotRead,
    NameTaken,
    NoModelNamed,
    OnlyRootPromotes,
    PasswordLoginDisabled,
    PasswordRegistrationDisabled,
    PasswordTooLong,
    RegistrationDisabled,
    RootMayNotLeave,
    RootNotDeleted,
    RootNotDemoted,
    RootNotDisabled,
    TokenNameTooLong,
    TokenStillExhausted,
    TokenStillExpired,
    UnknownAction,
    UnknownRole,
    UnknownUser,
    UserIdMissing,
    WrongCode,
    WrongLogin,
    WrongOldPassword,
    WrongResetLink,
    WrongState,
)
from oneapi.entrypoints.errors.rows import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from oneapi.domain.errors import GatewayError

ROWS: Mapping[type[GatewayError], Row] = MappingProxyType(
    {
        PasswordLoginDisabled: Row(
            "管理员关闭了密码登录", "the administrator has disabled signing in by password"
        ),
        WrongLogin: Row(
            "用户名或密码错误，或用户已被封禁", "the name or the password is wrong, or the user is banned"
        ),
        TokenNameTooLong: Row("参数错误：令牌名称过长", "the token's name is longer than {most} characters"),
        BadSubnet: Row(
            "参数错误：无效的网段：failed to parse subnet: invalid CIDR address: {subnet}",
            "not a network in CIDR notation: {subnet}",
        ),
        NoModelNamed: Row("参数错误：无效的模型列表", "the list of models contains no model"),
        TokenStillExpired: Row(
            "令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期",
            "the token has expired: give it a later expiry, or none, to enable it",
        ),
        TokenStillExhausted: Row(
            "令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度",
            "the token's quota is used up: give it more, or make it unlimited, to enable it",
        ),
        BadUsername: Row(
            "用户名不能为空，也不能包含不可见字符或混用形近的文字",
            "the user name is blank, contains invisible characters, or mixes scripts that look alike",
        ),
        NameTaken: Row(
            "用户名已被占用，或与已有用户名过于相似",
            "the user name is taken, or too similar to an existing one",
        ),
        InvalidInput: Row("无效的输入，请检查您的输入", "Invalid input, please check your input"),
        InvalidOwnInput: Row("输入不合法 {field}", "{field} is not valid"),
        PasswordTooLong: Row(
            "密码过长，编码后不得超过 {most} 字节",
            "the password is too long: it has more than {most} bytes when encoded",
        ),
        WrongOldPassword: Row(
            "原密码错误，或需要重新登录后再修改用户名或密码",
            "the old password is wrong; enter it or sign in again to change the name or the password",
        ),
        RegistrationDisabled: Row("管理员关闭了新用户注册", "the administrator has disabled registration"),
        PasswordRegistrationDisabled: Row(
            "管理员关闭了通过密码进行注册，请使用第三方账户验证的形式进行注册",
            "the administrator has disabled registration by password: sign in with an external account",
        ),
        CodeMissing: Row(
            "管理员开启了邮箱验证，请输入邮箱地址和验证码",
            "an e-mail address and the code sent to it are required",
        ),
        WrongCode: Row("验证码错误或已过期", "the code is wrong or has expired"),
        WrongResetLink: Row("重置链接非法或已过期", "the link is not valid or has expired"),
        EmailTaken: Row("邮箱地址已被占用", "this e-mail address is taken"),
        EmailDomainRefused: Row(
            "管理员启用了邮箱域名白名单，您的邮箱地址的域名不在白名单中",
            "the administrator does not allow the domain of this e-mail address",
        ),
        HumanTokenMissing: Row("Turnstile token 为空", "the Turnstile token is missing"),
        HumanCheckFailed: Row(
            "Turnstile 校验失败，请刷新重试！", "the Turnstile check failed: reload the page"
        ),
        HumanCheckUnavailable: Row(
            "无法连接至 Turnstile 服务器，请稍后重试！", "Turnstile cannot be reached, try again later"
        ),
        RootMayNotLeave: Row("不能删除超级管理员账户", "the root account cannot be deleted"),
        UserIdMissing: Row("id 为空！", "the id is missing"),
        UnknownUser: Row("用户不存在", "there is no such user"),
        UnknownRole: Row("参数错误：无效的角色 {role}", "the role {role} cannot be assigned"),
        UnknownAction: Row("参数错误：未知的操作 {action}", "there is no action {action}"),
        MayNotRead: Row(
            "无权获取同级或更高等级用户的信息", "you may not read users of your own level or above"
        ),
        MayNotCreate: Row(
            "无法创建权限大于等于自己的用户", "you may not create users of your own level or above"
        ),
        MayNotChange: Row(
            "无权更新同权限等级或更高权限等级的用户信息",
            "you may not change users of your own level or above",
        ),
        MayNotRaise: Row(
            "无权将其他用户权限等级提升到大于等于自己的权限等级",
            "you may not raise users to your own level or above",
        ),
        MayNotDelete: Row(
            "无权删除同权限等级或更高权限等级的用户", "you may not delete users of your own level or above"
        ),
        RootNotDisabled: Row("无法禁用超级管理员用户", "the root user cannot be disabled"),
        RootNotDeleted: Row("无法删除超级管理员用户", "the root user cannot be deleted"),
        RootNotDemoted: Row("无法降级超级管理员用户", "the root user cannot be demoted"),
        OnlyRootPromotes: Row(
            "普通管理员用户无法提升其他用户为管理员", "only root may make others administrators"
        ),
        AdminAlready: Row("该用户已经是管理员", "this user is already an administrator"),
        CommonAlready: Row("该用户已经是普通用户", "this user is already a common user"),
        AlreadyBound: Row("该第三方账户已被绑定", "this account is already bound to another user"),
        WrongState: Row("state is empty or not same", "state is empty or not same", status=403),
    }
)

#: Keyed by the error's class and by ``IdentityProvider.name``.
IDENTITY_PROVIDER_ROWS: Mapping[tuple[type[IdentityProviderError], str], Row] = MappingProxyType(
    {
        (IdentityProviderDisabled, "github"): Row(
            "管理员未开启通过 GitHub 登录以及注册", "the administrator has not enabled signing in with GitHub"
        ),
        (IdentityProviderDisabled, "oidc"): Row(
            "管理员未开启通过 OIDC 登录以及注册", "the administrator has not enabled signing in with OIDC"
        ),
        (IdentityProviderDisabled, "lark"): Row(
            "管理员未开启通过飞书登录以及注册", "the administrator has not enabled signing in with Lark"
        ),
        (IdentityProviderDisabled, "wechat"): Row(
            "管理员未开启通过微信登录以及注册", "the administrator has not enabled signing in with WeChat"
        ),
        (IdentityProviderUnreachable, "github"): Row(
            "无法连接至 GitHub 服务器，请稍后重试！", "GitHub cannot be reached, try again later"
        ),
        (IdentityProviderUnreachable, "oidc"): Row(
            "无法连接至 OIDC 服务器，请稍后重试！", "the OIDC provider cannot be reached, try again later"
        ),
        (IdentityProviderUnreachable, "lark"): Row(
            "无法连接至飞书服务器，请稍后重试！", "Lark cannot be reached, try again later"
        ),
        (IdentityProviderUnreachable, "wechat"): Row(
            "无法连接至微信服务器，请稍后重试！", "the WeChat server cannot be reached, try again later"
        ),
        (IdentityProviderRefused, "github"): Row(
            "返回值非法，用户字段为空，请稍后重试！", "GitHub names no user, try again"
        ),
        (IdentityProviderRefused, "oidc"): Row(
            "返回值非法，用户字段为空，请稍后重试！", "the OIDC provider names no user, try again"
        ),
        (IdentityProviderRefused, "lark"): Row(
            "返回值非法，用户字段为空，请稍后重试！", "Lark names no user, try again"
        ),
        (IdentityProviderRefused, "wechat"): Row("验证码错误或已过期", "the code is wrong or has expired"),
        (IdentityAlreadyBound, "github"): Row(
            "该 GitHub 账户已被绑定", "this GitHub account is bound already"
        ),
        (IdentityAlreadyBound, "oidc"): Row("该 OIDC 账户已被绑定", "this OIDC account is bound already"),
        (IdentityAlreadyBound, "lark"): Row("该飞书账户已被绑定", "this Lark account is bound already"),
        (IdentityAlreadyBound, "wechat"): Row("该微信账号已被绑定", "this WeChat account is bound already"),
    }
)
