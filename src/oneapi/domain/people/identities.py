"""Accounts elsewhere by which people sign in here, and who keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.options import Options
    from oneapi.domain.people.users import ExternalField

#: MySQL's columns for ids hold no more.
LONGEST_ID = 191


@frozen
class Identity:
    """A person as a provider knows them.

    ``id`` never changes hands, ``login`` may. ``username`` is the name they would like here; ``email`` is empty unless
    the provider has verified it.
    """

    id: str
    login: str = ""
    username: str = ""
    display_name: str = ""
    email: str = ""

    @property
    def usable(self) -> bool:
        """Whether it names somebody at all, in a way that can be stored."""
        texts = (self.id, self.login)
        return bool(self.id.strip()) and all(len(text) <= LONGEST_ID and text.isprintable() for text in texts)


@frozen
class IdentityProvider:
    """One provider as the rest of the program knows it.

    ``name`` stands in paths and begins the names of new users; ``id_field`` of a user holds the id, ``login_field`` the
    login, by which the original knew people.
    """

    name: str
    title: str
    id_field: ExternalField
    enabled: Callable[[Options], bool]
    login_field: ExternalField | None = None

    @property
    def display_name(self) -> str:
        """Of a new user whose own the provider does not tell."""
        return f"{self.title} User"


GITHUB = IdentityProvider(
    "github",
    "GitHub",
    "github_account",
    enabled=lambda options: options.github_oauth_enabled,
    login_field="github_id",
)
OIDC = IdentityProvider("oidc", "OIDC", "oidc_id", enabled=lambda options: options.oidc_enabled)
#: The original has no switch for it.
LARK = IdentityProvider("lark", "Lark", "lark_id", enabled=lambda options: bool(options.lark_client_id))
WECHAT = IdentityProvider(
    "wechat", "WeChat", "wechat_id", enabled=lambda options: options.wechat_auth_enabled
)

#: Those to whom the browser is sent, and who send it back with a code.
REDIRECTING = (GITHUB, OIDC, LARK)
IDENTITY_PROVIDERS = (*REDIRECTING, WECHAT)
