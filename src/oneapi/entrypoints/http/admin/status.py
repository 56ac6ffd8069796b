"""``/api/status`` and the texts of the operator: what a front end must know before anybody signs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sanic import Blueprint, HTTPResponse, Request

from oneapi import __version__
from oneapi.entrypoints.http.admin.envelope import done

if TYPE_CHECKING:
    from oneapi.application.catalog import Catalog
    from oneapi.domain.options import Options

DEFAULT_ADDRESS = "http://localhost:3000"


def status_blueprint(catalog: Catalog, started_at: int) -> Blueprint:
    blueprint = Blueprint("status", url_prefix="/api")

    @blueprint.get("/status")
    async def status(request: Request) -> HTTPResponse:  # noqa: ARG001
        return done({"version": __version__, "start_time": started_at} | _public(catalog.current.options))

    @blueprint.get("/notice")
    async def notice(request: Request) -> HTTPResponse:  # noqa: ARG001
        return done(catalog.current.options.notice)

    @blueprint.get("/about")
    async def about(request: Request) -> HTTPResponse:  # noqa: ARG001
        return done(catalog.current.options.about)

    @blueprint.get("/home_page_content")
    async def home_page_content(request: Request) -> HTTPResponse:  # noqa: ARG001
        return done(catalog.current.options.home_page_content)

    return blueprint


def _public(options: Options) -> dict[str, Any]:
    return {
        "email_verification": options.email_verification_enabled,
        "github_oauth": options.github_oauth_enabled,
        "github_client_id": options.github_client_id,
        "lark_client_id": options.lark_client_id,
        "system_name": options.system_name,
        "logo": options.logo,
        "footer_html": options.footer,
        "wechat_qrcode": options.wechat_account_qrcode_image_url,
        "wechat_login": options.wechat_auth_enabled,
        "server_address": options.server_address or DEFAULT_ADDRESS,
        "turnstile_check": options.turnstile_check_enabled,
        "turnstile_site_key": options.turnstile_site_key,
        "top_up_link": options.top_up_link,
        "chat_link": options.chat_link,
        "quota_per_unit": float(options.quota_per_unit),
        "display_in_currency": options.display_in_currency_enabled,
        "oidc": options.oidc_enabled,
        "oidc_client_id": options.oidc_client_id,
        "oidc_well_known": options.oidc_well_known,
        "oidc_authorization_endpoint": options.oidc_authorization_endpoint,
        "oidc_token_endpoint": options.oidc_token_endpoint,
        "oidc_userinfo_endpoint": options.oidc_userinfo_endpoint,
    }
