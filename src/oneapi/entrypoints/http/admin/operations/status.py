"""``/api/status`` and the operator's texts: what a front end needs before anybody signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from oneapi import __version__
from oneapi.domain.options import DEFAULT_ADDRESS
from oneapi.entrypoints.http.admin.envelope import done
from oneapi.entrypoints.http.admin.routes import AdminRoutes, Call, Gate

if TYPE_CHECKING:
    from sanic import HTTPResponse

    from oneapi.application.catalog import Catalog
    from oneapi.domain.options import Options


class Status(msgspec.Struct):
    """Enabled features, and what a front end shows."""

    version: str
    start_time: int
    email_verification: bool
    github_oauth: bool
    github_client_id: str
    lark_client_id: str
    system_name: str
    logo: str
    footer_html: str
    wechat_qrcode: str
    wechat_login: bool
    server_address: str
    turnstile_check: bool
    turnstile_site_key: str
    top_up_link: str
    chat_link: str
    quota_per_unit: float
    display_in_currency: bool
    oidc: bool
    oidc_client_id: str
    oidc_well_known: str
    oidc_authorization_endpoint: str
    oidc_token_endpoint: str
    oidc_userinfo_endpoint: str
    theme: str


def status_routes(gate: Gate, catalog: Catalog, started_at: int) -> AdminRoutes:
    routes = AdminRoutes("Status", "/api", gate)

    @routes.get("/status", "Show enabled features", data=Status)
    async def status(_: Call) -> HTTPResponse:
        return done(_status(catalog.current.options, started_at))

    @routes.get("/notice", "Show the notice", data=str)
    async def notice(_: Call) -> HTTPResponse:
        return done(catalog.current.options.notice)

    @routes.get("/about", "Show the About page", data=str)
    async def about(_: Call) -> HTTPResponse:
        return done(catalog.current.options.about)

    @routes.get("/home_page_content", "Show the home page", data=str)
    async def home_page_content(_: Call) -> HTTPResponse:
        return done(catalog.current.options.home_page_content)

    return routes


def _status(options: Options, started_at: int) -> Status:
    return Status(
        version=__version__,
        start_time=started_at,
        email_verification=options.email_verification_enabled,
        github_oauth=options.github_oauth_enabled,
        github_client_id=options.github_client_id,
        lark_client_id=options.lark_client_id,
        system_name=options.system_name,
        logo=options.logo,
        footer_html=options.footer,
        wechat_qrcode=options.wechat_account_qrcode_image_url,
        wechat_login=options.wechat_auth_enabled,
        server_address=options.server_address or DEFAULT_ADDRESS,
        turnstile_check=options.turnstile_check_enabled,
        turnstile_site_key=options.turnstile_site_key,
        top_up_link=options.top_up_link,
        chat_link=options.chat_link,
        quota_per_unit=float(options.quota_per_unit),
        display_in_currency=options.display_in_currency_enabled,
        oidc=options.oidc_enabled,
        oidc_client_id=options.oidc_client_id,
        oidc_well_known=options.oidc_well_known,
        oidc_authorization_endpoint=options.oidc_authorization_endpoint,
        oidc_token_endpoint=options.oidc_token_endpoint,
        oidc_userinfo_endpoint=options.oidc_userinfo_endpoint,
        theme=options.theme,
    )
