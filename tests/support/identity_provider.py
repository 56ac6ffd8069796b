"""GitHub, an OIDC provider, Lark and a WeChat server in one, on loopback, each with its own behaviour.

::

    async with ProgrammableUpstream() as upstream:
        provider = LocalProvider(upstream, clock=lambda: NOW)
        code = provider.admit(Person(id=7, login="octocat"))  # the code identifies this person once
        code, state = provider.visit(location, person)  # as a browser that is redirected to ``location``

Answers scripted in ``upstream`` take precedence; ``upstream.requests`` are the received requests.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import define, field, frozen
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey

from tests.support.providers.answers import Answer, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.support.providers.upstream import ProgrammableUpstream, ReceivedRequest

CLIENT = "gateway"
#: Text that is encoded differently in a form, in a header and in JSON.
SECRET = "s&cret+/ü"
WECHAT_TOKEN = "wechat-server-token"


@frozen
class Person:
    """``id`` is GitHub's number; other providers use texts made from it. Facts that are None are not reported."""

    id: int = 7
    login: str | None = "octocat"
    name: str | None = "The Octocat"
    email: str | None = "octocat@example.com"
    verified: Any = True

    @property
    def subject(self) -> str:
        return f"subject-{self.id}"

    @property
    def claims(self) -> dict[str, Any]:
        told = {
            "preferred_username": self.login,
            "name": self.name,
            "email": self.email,
            "email_verified": self.verified,
        }
        return {"sub": self.subject} | {name: value for name, value in told.items() if value is not None}


@define
class Grant:
    """The person for whom a code was issued, and the query of the browser's visit."""

    person: Person
    asked: Mapping[str, str] = field(factory=dict)


@cache
def rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


@cache
def ec_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})


class LocalProvider:
    """See the module. ``keys`` are published; ``sign`` makes an id token from claims, or None for no token."""

    def __init__(self, upstream: ProgrammableUpstream, *, clock: Callable[[], float]) -> None:
        self.upstream = upstream
        self._clock = clock
        self._codes = (f"code/{number}&x" for number in itertools.count(1))
        self.grants: dict[str, Grant] = {}
        self.tokens: dict[str, Person] = {}
        self.keys: list[RSAKey | ECKey] = [rsa_key("one"), ec_key("two")]
        self.sign: Callable[[dict[str, Any]], str] | None = lambda claims: jwt.encode(
            {"alg": "RS256", "kid": "one"}, claims, rsa_key("one")
        )
        #: Claims to add to id tokens; None removes a claim.
        self.claims: dict[str, Any] = {}
        #: Members to add to the well-known document.
        self.document: dict[str, Any] = {}
        for path, behaviour in self._behaviours().items():
            upstream.always(path, behaviour)

    @property
    def url(self) -> str:
        return self.upstream.url

    @property
    def well_known(self) -> str:
        return self.url + "/.well-known/openid-configuration"

    def admit(self, person: Person, **asked: str) -> str:
        """A code for ``person``; ``asked`` is the query of the browser's visit."""
        code = next(self._codes)
        self.grants[code] = Grant(person, asked)
        return code

    def visit(self, location: str, person: Person) -> tuple[str, str]:
        """The code and state with which ``person`` is sent back."""
        asked = dict(parse_qsl(urlsplit(location).query))
        assert asked["client_id"] == CLIENT
        return self.admit(person, **asked), asked["state"]

    def asked_for(self, path: str) -> list[ReceivedRequest]:
        return [request for request in self.upstream.requests if request.path == path]

    def _behaviours(self) -> dict[str, Callable[[ReceivedRequest], Answer]]:
        return {
            "/login/oauth/access_token": self._github_token,
            "/user": lambda request: self._told(request, _github_user),
            "/user/emails": lambda request: self._told(request, _github_emails),
            "/.well-known/openid-configuration": lambda _: json_reply(self._document()),
            "/jwks": lambda _: json_reply(KeySet(list(self.keys)).as_dict(private=False)),
            "/token": self._oidc_token,
            "/userinfo": lambda request: self._told(request, lambda person: person.claims),
            "/open-apis/authen/v2/oauth/token": self._lark_token,
            "/suite/passport/oauth/userinfo": lambda request: self._told(request, _lark_user),
            "/api/wechat/user": self._wechat_user,
        }

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": self.url + "/authorize?tenant=1",
            "token_endpoint": self.url + "/token",
            "userinfo_endpoint": self.url + "/userinfo",
            "jwks_uri": self.url + "/jwks",
        } | self.document

    def _github_token(self, request: ReceivedRequest) -> Answer:
        grant = self._redeem(form_of(request))
        if grant is None:  # with a status of 200, as GitHub does
            return json_reply(
                {"error": "bad_verification_code", "error_description": f"not {request.body!r}"}
            )
        return json_reply({"access_token": self._token(grant), "scope": "user:email", "token_type": "bearer"})

    def _oidc_token(self, request: ReceivedRequest) -> Answer:
        sent = form_of(request) | _basic(request)
        grant = self._redeem(sent) if sent.get("grant_type") == "authorization_code" else None
        if grant is None or sent["redirect_uri"] != grant.asked.get("redirect_uri", sent["redirect_uri"]):
            return json_reply(
                {"error": "invalid_grant", "error_description": f"not {request.body!r}"}, status=400
            )
        answer = {"access_token": self._token(grant), "token_type": "Bearer"}
        if self.sign is not None:
            answer["id_token"] = self.sign(self._id_claims(grant))
        return json_reply(answer)

    def _id_claims(self, grant: Grant) -> dict[str, Any]:
        now = int(self._clock())
        said = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300} | grant.person.claims
        if "nonce" in grant.asked:
            said["nonce"] = grant.asked["nonce"]
        return {name: value for name, value in (said | self.claims).items() if value is not None}

    def _lark_token(self, request: ReceivedRequest) -> Answer:
        assert request.header("content-type") == "application/json"
        sent = request.json()
        grant = self._redeem(sent) if sent["grant_type"] == "authorization_code" else None
        if grant is None:
            return json_reply({"code": 20003, "error": "invalid_grant"}, status=400)
        return json_reply({"code": 0, "access_token": self._token(grant), "token_type": "Bearer"})

    def _wechat_user(self, request: ReceivedRequest) -> Answer:
        if request.header("authorization") != WECHAT_TOKEN:
            return json_reply({"success": False, "message": "无权进行此操作，token 无效", "data": ""})
        grant = self.grants.pop(dict(parse_qsl(request.query)).get("code", ""), None)
        data = grant.person.subject if grant else ""
        return json_reply({"success": True, "message": "", "data": data})

    def _redeem(self, sent: Mapping[str, str]) -> Grant | None:
        grant = self.grants.pop(sent.get("code", ""), None)
        ours = (sent.get("client_id"), sent.get("client_secret")) == (CLIENT, SECRET)
        if grant is None or not ours or not _proved(grant.asked, sent.get("code_verifier")):
            return None
        return grant

    def _token(self, grant: Grant) -> str:
        token = f"token-{len(self.tokens) + 1}"
        self.tokens[token] = grant.person
        return token

    def _told(self, request: ReceivedRequest, tell: Callable[[Person], Any]) -> Answer:
        person = self.tokens.get((request.header("authorization") or "").removeprefix("Bearer "))
        if person is None:
            return json_reply({"message": "Bad credentials"}, status=401)
        return json_reply(tell(person))


def form_of(request: ReceivedRequest) -> dict[str, str]:
    """The fields of a form. Fails for other bodies, because most providers read only forms."""
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    return dict(parse_qsl(request.body.decode()))


def _basic(request: ReceivedRequest) -> dict[str, str]:
    """https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1 ."""
    scheme, _, shown = (request.header("authorization") or "").partition(" ")
    if scheme != "Basic":
        return {}
    client, _, secret = base64.b64decode(shown).decode().partition(":")
    return {"client_id": unquote(client), "client_secret": unquote(secret)}


def _proved(asked: Mapping[str, str], verifier: str | None) -> bool:
    if "code_challenge" not in asked:
        return verifier is None
    assert asked["code_challenge_method"] == "S256"
    digest = hashlib.sha256((verifier or "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]


def _github_user(person: Person) -> dict[str, Any]:
    return {"id": person.id, "login": person.login, "name": person.name, "email": "public@example.com"}


def _github_emails(person: Person) -> list[dict[str, Any]]:
    return [
        {"email": "other@example.com", "primary": False, "verified": True},
        {"email": person.email, "primary": True, "verified": person.verified},
    ]


def _lark_user(person: Person) -> dict[str, Any]:
    return {"open_id": person.subject, "name": person.name, "tenant_key": "x"}
