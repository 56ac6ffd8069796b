"""Options that lead to the local provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from oneapi.domain.options import Options
from tests.support.identity_provider import CLIENT, SECRET, WECHAT_TOKEN

if TYPE_CHECKING:
    from tests.support.identity_provider import LocalProvider


@pytest.fixture
def options(provider: LocalProvider) -> Options:
    return Options(
        server_address="https://gateway.example/",
        github_client_id=CLIENT,
        github_client_secret=SECRET,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
        oidc_well_known=provider.well_known,
        oidc_authorization_endpoint=provider.url + "/authorize?tenant=1",
        oidc_token_endpoint=provider.url + "/token",
        oidc_userinfo_endpoint=provider.url + "/userinfo",
        lark_client_id=CLIENT,
        lark_client_secret=SECRET,
        wechat_server_address=provider.url + "/",
        wechat_server_token=WECHAT_TOKEN,
    )
