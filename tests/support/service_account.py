"""The key of a service account that exists nowhere, and the exchange that a token comes by."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from joserfc.jwk import RSAKey

TOKEN_URI = "https://oauth2.example.org/token"
#: What stands for it in the recorded exchanges.
PLACE = "<service account JSON>"


@cache
def private_key() -> RSAKey:
    return RSAKey.generate_key(2048)


@cache
def service_account() -> str:
    return json.dumps(
        {
            "type": "service_account",
            "project_id": "proj-1",
            "private_key_id": "key-1",
            "private_key": private_key().as_pem(private=True).decode(),
            "client_email": "robot@proj-1.iam.example.org",
            "token_uri": TOKEN_URI,
        },
        indent=2,
    )


def token_step(token: str) -> dict[str, Any]:
    """In the form of the recorded exchanges."""
    asked = {"method": "POST", "url": TOKEN_URI, "headers": {"Authorization": "<absent>"}, "body": "<any>"}
    answered = {"status": 200, "body": {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}}
    return {"when": "before", "upstream_request": asked, "upstream_response": answered}
