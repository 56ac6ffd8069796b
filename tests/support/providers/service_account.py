"""The key of a fictitious service account, and the exchange that obtains a token."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from collections.abc import Mapping

TOKEN_URI = "https://oauth2.example.org/token"
TOKEN = "VERTEX-TOKEN"
#: The placeholder for its JSON in recorded exchanges.
PLACE = "<service account JSON>"


@cache
def private_key() -> RSAKey:
    return RSAKey.generate_key(2048)


def service_account(token_uri: str = TOKEN_URI, key_id: str = "key-1") -> str:
    fields = {
        "type": "service_account",
        "project_id": "proj-1",
        "private_key_id": key_id,
        "private_key": private_key().as_pem(private=True).decode(),
        "client_email": "robot@proj-1.iam.example.org",
        "token_uri": token_uri,
    }
    return json.dumps(fields, indent=2)


def filled(config: Mapping[str, Any], account: str = "") -> dict[str, Any]:
    """A recorded channel's ``config`` with the account in place of the placeholder."""
    return {
        name: (account or service_account()) if value == PLACE else value for name, value in config.items()
    }


def token_steps(config: Mapping[str, Any], token_uri: str = TOKEN_URI) -> list[dict[str, Any]]:
    """The exchanges that must precede those of a channel, in the same form."""
    if PLACE not in config.values():
        return []
    asked = {"method": "POST", "url": token_uri, "headers": {"Authorization": "<absent>"}, "body": "<any>"}
    answered = {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}
    return [{"upstream_request": asked, "upstream_response": {"status": 200, "body": answered}}]
