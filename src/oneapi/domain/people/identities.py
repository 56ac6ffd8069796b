"""External identities with which people sign in, and their providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.domain.options import Options
    from oneapi.domain.people.users import ExternalField

#: Characters: the size of MySQL's columns for ids.
LONGEST_ID = 191


@frozen
class Identity:
    """A person as an identity provider describes them.

    ``id`` always means the same person; ``login`` may pass to somebody else. ``username`` is the name that they prefer
    here; ``email`` is empty unless the provider has verified it.
    """

    id: str
    login: str = ""
    username: str = ""
    display_name: str = ""
    email: str = ""

    @property
    def usable(self) -> bool:
        """Whether the identity has an id, and can be stored."""
        texts = (self.id, self.login)
        return bool(self.id.strip()) and all(len(text) <= LONGEST_ID and text.isprintable() for text in texts)


@frozen
class IdentityProvider:
    """A provider with which people can sign in.

    ``name`` appears in paths and starts the names of new users. A user's ``id_field`` holds their id there, their
    ``login_field`` the login, by which the original identified people.
    """

    name: str
    title: str
    id_field: ExternalField
    enabled: Callable[[Options], bool]
    login_field: ExternalField | None = None

    @property
    def display_name(self) -> str:
        """The display name of a new user if the provider gives none."""
        return f"{self.title} User"


GITHUB = IdentityProvider(
    "github",
    "GitHub",
    "github_account",
    enabled=lambda options: options.github_oauth_enabled,
    login_field="github_id",
)
OIDC = IdentityProvider("oidc", "OIDC", "oidc_id", enabled=lambda options: options.oidc_enabled)
#: Enabled by its client id: the original has no switch for it.
LARK = IdentityProvider("lark", "Lark", "lark_id", enabled=lambda options: bool(options.lark_client_id))
WECHAT = IdentityProvider(
    "wechat", "WeChat", "wechat_id", enabled=lambda options: options.wechat_auth_enabled
)

#: Providers to which the browser is redirected, and which redirect it back with a code.
REDIRECTING = (GITHUB, OIDC, LARK)
IDENTITY_PROVIDERS = (*REDIRECTING, WECHAT)
