"""Whom an OIDC provider names, and which id tokens are believed."""

from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from oneapi.adapters.identity.oauth.id_tokens import Expected, claims_of, read_keys
from oneapi.adapters.identity.oauth.oidc import FRESH, KEY_PATIENCE, OidcProvider
from oneapi.application.ports.people import IdentityRefused, ProviderUnreachable
from oneapi.domain.people.identities import Identity
from tests.adapters.identity.conftest import NOW, Clock
from tests.support.identity_provider import CLIENT, SECRET, LocalProvider, Person, ec_key, rsa_key
from tests.support.providers.answers import error_reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from oneapi.adapters.identity.calls import Calls
    from oneapi.domain.options import Options

VERIFIER = "v" * 43
NONCE = "n" * 43
SET_OFF = {"nonce": NONCE, "verifier": VERIFIER}
OCTOCAT = Identity("subject-7", username="octocat", display_name="The Octocat", email="octocat@example.com")


@pytest.fixture
def oidc(calls: Calls, clock: Clock) -> OidcProvider:
    return OidcProvider(calls, clock=clock)


@pytest.fixture
def bare(options: Options) -> Options:
    """As an operator has them who filled in the endpoints by hand."""
    return evolve(options, oidc_well_known="")


# --- the way there and back ----------------------------------------------------------------------


async def test_way_there_and_back(oidc: OidcProvider, provider: LocalProvider, options: Options) -> None:
    location = await oidc.address(options, "the-state", **SET_OFF)
    assert location.startswith(provider.url + "/authorize?tenant=1&")
    assert VERIFIER not in location
    asked = {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}
    assert (asked["response_type"], asked["scope"]) == ("code", "openid profile email")
    assert asked["redirect_uri"] == "https://gateway.example/oauth/oidc"
    assert (asked["state"], asked["nonce"]) == ("the-state", NONCE)
    code, _ = provider.visit(location, Person())
    assert await oidc.identify(options, code, **SET_OFF) == OCTOCAT
    assert not provider.asked_for("/userinfo")  # the id token tells everything


async def test_browser_that_went_by_itself(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    assert await oidc.identify(options, provider.admit(Person())) == OCTOCAT


async def test_way_there_without_a_document(
    oidc: OidcProvider, provider: LocalProvider, bare: Options
) -> None:
    code, _ = provider.visit(await oidc.address(bare, "s", **SET_OFF), Person())
    assert await oidc.identify(bare, code, **SET_OFF) == OCTOCAT
    assert not provider.asked_for("/.well-known/openid-configuration")
    assert len(provider.asked_for("/userinfo")) == 1


async def test_code_needs_its_verifier(oidc: OidcProvider, provider: LocalProvider, options: Options) -> None:
    for verifier in ("w" * 43, ""):
        code, _ = provider.visit(await oidc.address(options, "s", **SET_OFF), Person())
        with pytest.raises(IdentityRefused, match="400: invalid_grant") as refused:
            await oidc.identify(options, code, nonce=NONCE, verifier=verifier)
        assert code not in str(refused.value)


async def test_secret_goes_where_the_provider_takes_it(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    provider.document["token_endpoint_auth_methods_supported"] = ["private_key_jwt", "client_secret_basic"]
    assert await oidc.identify(options, provider.admit(Person())) == OCTOCAT
    (request,) = provider.asked_for("/token")
    assert b"secret" not in request.body
    assert (request.header("authorization") or "").startswith("Basic ")


async def test_wrong_secret(oidc: OidcProvider, provider: LocalProvider, options: Options) -> None:
    with pytest.raises(IdentityRefused) as refused:
        await oidc.identify(evolve(options, oidc_client_secret="wrong"), provider.admit(Person()))
    assert "wrong" not in str(refused.value)


# --- who it is -----------------------------------------------------------------------------------


async def test_userinfo_completes_the_names(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    provider.claims = dict.fromkeys(("preferred_username", "name", "email", "email_verified"))
    assert await oidc.identify(options, provider.admit(Person())) == OCTOCAT


async def test_id_token_goes_before_userinfo(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    provider.claims = {"name": None, "preferred_username": "of-the-token"}
    identity = await oidc.identify(options, provider.admit(Person()))
    assert (identity.username, identity.display_name) == ("of-the-token", "The Octocat")


async def test_userinfo_of_somebody_else(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    provider.claims = {"name": None}
    answers: list[Any] = [{"sub": "subject-8", "name": "Mallory"}, {"name": "Mallory"}, []]
    for told in answers:
        provider.upstream.enqueue(json_reply(told), path="/userinfo")
        with pytest.raises(IdentityRefused):
            await oidc.identify(options, provider.admit(Person()))


@pytest.mark.parametrize("verified", [False, None, "false", 1, "yes", []])
async def test_address_that_is_not_verified(
    oidc: OidcProvider, provider: LocalProvider, options: Options, bare: Options, verified: Any
) -> None:
    for each in (options, bare):
        identity = await oidc.identify(each, provider.admit(Person(verified=verified)))
        assert identity.email == ""


async def test_address_that_is_verified_in_words(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    identity = await oidc.identify(options, provider.admit(Person(verified="true")))
    assert identity.email == "octocat@example.com"


@pytest.mark.parametrize("told", [{}, {"sub": ""}, {"sub": 7}, [], "x"])
async def test_userinfo_that_names_nobody(
    oidc: OidcProvider, provider: LocalProvider, bare: Options, told: Any
) -> None:
    provider.upstream.enqueue(json_reply(told), path="/userinfo")
    identity = await oidc.identify(bare, provider.admit(Person()))
    assert not identity.usable


# --- which id tokens are believed ----------------------------------------------------------------


def signed_by(key: Any, alg: str, **header: Any) -> Callable[[dict[str, Any]], str]:
    registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
    return lambda claims: jwt.encode({"alg": alg, **header}, claims, key, registry=registry)


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def unsigned(claims: dict[str, Any]) -> str:
    return (
        ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "none", "kid": "one"}, claims)) + "."
    )


def keyed(secret: bytes) -> Callable[[dict[str, Any]], str]:
    """By hand, since the library does not let anybody make this mistake."""

    def sign(claims: dict[str, Any]) -> str:
        parts = ({"alg": "HS256", "kid": "one"}, claims)
        signed = ".".join(encoded(json.dumps(part).encode()) for part in parts)
        return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), 'sha256'))}"

    return sign


def tampered(claims: dict[str, Any]) -> str:
    header, _, signature = signed_by(rsa_key("one"), "RS256", kid="one")(claims).split(".")
    changed = encoded(json.dumps(claims | {"sub": "root"}).encode())
    return f"{header}.{changed}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        signed_by(rsa_key("one"), "RS256", kid="one"),
        signed_by(rsa_key("one"), "PS512", kid="one"),
        signed_by(ec_key("two"), "ES256", kid="two"),
        signed_by(ec_key("two"), "ES256", kid="two", x5t="unknown to us", custom=1),
    ],
)
async def test_signature_of_the_provider(
    oidc: OidcProvider, provider: LocalProvider, options: Options, sign: Any
) -> None:
    provider.sign = sign
    assert await oidc.identify(options, provider.admit(Person())) == OCTOCAT


@pytest.mark.parametrize(
    "sign",
    [
        None,
        lambda _: "",
        lambda _: "no.id.token",
        lambda _: "a.b.c.d.e",
        unsigned,
        tampered,
        # a key of somebody else under the provider's name
        signed_by(rsa_key("forged"), "RS256", kid="one"),
        signed_by(rsa_key("forged"), "RS256", kid="unknown"),
        signed_by(rsa_key("one"), "RS256", kid="two"),
        signed_by(rsa_key("one"), "RS256"),
        # what everybody knows, taken for a secret
        keyed(rsa_key("one").as_pem(private=False)),
        keyed(SECRET.encode()),
    ],
)
@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_signature_of_somebody_else(
    oidc: OidcProvider, provider: LocalProvider, options: Options, sign: Any
) -> None:
    provider.sign = sign
    with pytest.raises(IdentityRefused):
        await oidc.identify(options, provider.admit(Person()))
    assert not provider.asked_for("/userinfo")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"iss": ["https://evil.example"]},
        {"aud": "another"},
        {"aud": None},
        {"aud": []},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"azp": "another"},
        {"exp": NOW - 301},
        {"exp": None},
        {"exp": "never"},
        {"exp": float("nan")},
        {"iat": NOW + 301},
        {"iat": None},
        {"nbf": NOW + 301},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": ""},
        {"nonce": [1]},
    ],
)
async def test_token_for_somebody_else_or_of_another_time(
    oidc: OidcProvider, provider: LocalProvider, options: Options, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    code, _ = provider.visit(await oidc.address(options, "s", **SET_OFF), Person())
    with pytest.raises(IdentityRefused):
        await oidc.identify(options, code, **SET_OFF)


@pytest.mark.parametrize(
    "claims",
    [{"aud": ["another", CLIENT], "azp": CLIENT}, {"exp": NOW - 299}, {"iat": NOW + 299, "nbf": NOW + 299}],
)
async def test_token_for_us_and_clocks_that_differ_a_little(
    oidc: OidcProvider, provider: LocalProvider, options: Options, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert (await oidc.identify(options, provider.admit(Person()))).id == "subject-7"


EXPECTED = Expected("https://provider.example", CLIENT, "", int(NOW))


@given(st.text(max_size=100) | st.builds(".".join, st.lists(st.text(max_size=20), min_size=3, max_size=3)))
def test_no_text_is_an_id_token(text: str) -> None:
    with pytest.raises(IdentityRefused):
        claims_of(text, KeySet([rsa_key("one")]), EXPECTED)


# --- what the provider publishes -----------------------------------------------------------------


async def test_document_and_keys_are_kept_for_a_while(
    oidc: OidcProvider, provider: LocalProvider, options: Options, clock: Clock
) -> None:
    for seconds, times in ((0, 1), (FRESH - 1, 1), (1, 2)):
        clock.now += seconds
        await oidc.identify(options, provider.admit(Person()))
        assert len(provider.asked_for("/.well-known/openid-configuration")) == times
        assert len(provider.asked_for("/jwks")) == times


async def test_new_key_is_found(
    oidc: OidcProvider, provider: LocalProvider, options: Options, clock: Clock
) -> None:
    await oidc.identify(options, provider.admit(Person()))
    provider.keys, provider.sign = [ec_key("three")], signed_by(ec_key("three"), "ES256", kid="three")
    clock.now += KEY_PATIENCE
    assert await oidc.identify(options, provider.admit(Person())) == OCTOCAT


async def test_names_of_keys_that_are_made_up_cost_the_provider_nothing(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    provider.sign = signed_by(rsa_key("forged"), "RS256", kid="unknown")
    for _ in range(3):
        with pytest.raises(IdentityRefused):
            await oidc.identify(options, provider.admit(Person()))
    assert len(provider.asked_for("/jwks")) == 1


async def test_operator_who_changes_the_provider(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    await oidc.identify(options, provider.admit(Person()))
    other = evolve(options, oidc_well_known=provider.url + "/nothing")
    with pytest.raises(IdentityRefused):
        await oidc.identify(other, provider.admit(Person()))


@pytest.mark.parametrize(
    "document", [{}, [], {"issuer": "x"}, {"jwks_uri": "x"}, {"issuer": 1, "jwks_uri": 2}]
)
async def test_document_that_is_none(
    oidc: OidcProvider, provider: LocalProvider, options: Options, document: Any
) -> None:
    provider.upstream.always("/.well-known/openid-configuration", json_reply(document))
    with pytest.raises(ProviderUnreachable):
        await oidc.identify(options, "code")
    with pytest.raises(ProviderUnreachable):
        await oidc.address(options, "s", **SET_OFF)


async def test_document_that_cannot_be_read_is_no_reason_to_believe_less(
    oidc: OidcProvider, provider: LocalProvider, options: Options
) -> None:
    provider.upstream.always("/.well-known/openid-configuration", error_reply(503))
    with pytest.raises(ProviderUnreachable):
        await oidc.identify(options, provider.admit(Person()))
    assert not provider.asked_for("/userinfo")


@pytest.mark.parametrize(
    "endpoint", ["javascript:alert(1)", "//evil.example", "https://x/\r\nSet-Cookie: a=b"]
)
async def test_document_leads_nobody_to_what_is_no_web_address(
    oidc: OidcProvider, provider: LocalProvider, options: Options, endpoint: str
) -> None:
    provider.document["authorization_endpoint"] = endpoint
    with pytest.raises(ProviderUnreachable):
        await oidc.address(options, "s", **SET_OFF)


async def test_endpoints_that_nobody_filled_in(oidc: OidcProvider, bare: Options) -> None:
    empty = evolve(bare, oidc_authorization_endpoint="", oidc_token_endpoint="")
    with pytest.raises(ProviderUnreachable):
        await oidc.address(empty, "s", **SET_OFF)
    with pytest.raises(ProviderUnreachable):
        await oidc.identify(empty, "code")


def test_keys_that_we_do_not_know_do_not_spoil_the_others() -> None:
    known = rsa_key("one").as_dict(private=False)
    strange: list[Any] = [
        {"kty": "PQ", "kid": "x"},
        {},
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-257"},
        "x",
        None,
    ]
    assert [key.kid for key in read_keys({"keys": [*strange, known]})] == ["one"]
    documents: list[Any] = [{"keys": strange}, {"keys": "x"}, {"keys": None}, {}, [], None]
    for document in documents:
        with pytest.raises(ProviderUnreachable):
            read_keys(document)
