"""What is refused about users and how they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import Refusal

if TYPE_CHECKING:
    from oneapi.domain.people.identities import IdentityProvider

# --- signing in and registering ----------------------------------------------------------------


class PasswordLoginDisabled(Refusal):
    """The operator has switched passwords off."""


class WrongLogin(Refusal):
    """The same for every kind of wrong."""


class RegistrationDisabled(Refusal):
    """Nobody registers here."""


class PasswordRegistrationDisabled(Refusal):
    """Nobody registers here by password."""


class CodeMissing(Refusal):
    """An e-mail address and the code sent to it are needed."""


class WrongCode(Refusal):
    """The code is wrong or old."""


class WrongResetLink(Refusal):
    """The link is wrong or old."""


class HumanTokenMissing(Refusal):
    """The page did not send what Turnstile gave it."""


class HumanCheckFailed(Refusal):
    """Turnstile does not take the caller for a person."""


class HumanCheckUnavailable(Refusal):
    """Turnstile gives no judgement."""


# --- accounts elsewhere ------------------------------------------------------------------------


class WrongState(Refusal):
    """The browser did not begin this."""


class AlreadyBound(Refusal):
    """Another user has this account elsewhere."""


@frozen
class IdentityProviderError(Refusal):
    """Something about signing in by ``provider``."""

    provider: IdentityProvider


class IdentityProviderDisabled(IdentityProviderError):
    """The operator has not enabled it."""


class IdentityProviderUnreachable(IdentityProviderError):
    """It does not answer."""


class IdentityProviderRefused(IdentityProviderError):
    """It names no user."""


class IdentityAlreadyBound(IdentityProviderError):
    """The account there is bound to a user here."""


# --- names, passwords, addresses ---------------------------------------------------------------


class BadUsername(Refusal):
    """Nobody could tell the name from others, or type it."""


class NameTaken(Refusal):
    """Somebody has this name, or one that people would take for it."""


@frozen
class InvalidInput(Refusal):
    """``field`` is too long, too short, or not of its form."""

    field: str


class InvalidOwnInput(InvalidInput):
    """The same in the words that the original has for one's own account."""


@frozen
class PasswordTooLong(Refusal):
    """The password has more than ``most`` bytes."""

    most: int


class WrongOldPassword(Refusal):
    """The caller did not prove to be the account's owner."""


class EmailTaken(Refusal):
    """Somebody has this address."""


class EmailDomainRefused(Refusal):
    """The operator admits other domains only."""


# --- managing users ----------------------------------------------------------------------------


class UserIdMissing(Refusal):
    """No user was named."""


class UnknownUser(Refusal):
    """There is no such user."""


@frozen
class UnknownRole(Refusal):
    """This role cannot be given."""

    role: int


@frozen
class UnknownAction(Refusal):
    """There is no action of this name."""

    action: str


class MayNotRead(Refusal):
    """The user is of the caller's level or above."""


class MayNotCreate(Refusal):
    """The new user would be of the caller's level or above."""


class MayNotChange(Refusal):
    """The user is of the caller's level or above."""


class MayNotRaise(Refusal):
    """The user would be of the caller's level or above."""


class MayNotDelete(Refusal):
    """The user is of the caller's level or above."""


class RootMayNotLeave(Refusal):
    """Root does not delete its own account."""


class RootNotDisabled(Refusal):
    """Root stays enabled."""


class RootNotDeleted(Refusal):
    """Root is not deleted."""


class RootNotDemoted(Refusal):
    """Root stays root."""


class OnlyRootPromotes(Refusal):
    """Others do not make administrators."""


class AdminAlready(Refusal):
    """There is nothing to promote."""


class CommonAlready(Refusal):
    """There is nothing to demote."""


# --- tokens ------------------------------------------------------------------------------------


@frozen
class TokenNameTooLong(Refusal):
    """The name has more than ``most`` characters."""

    most: int


@frozen
class BadSubnet(Refusal):
    """``subnet`` is no network in CIDR notation."""

    subnet: str


class NoModelNamed(Refusal):
    """The list of models is not empty, and names none."""


class TokenStillExpired(Refusal):
    """An expired token needs another expiry to be enabled."""


class TokenStillExhausted(Refusal):
    """A token without quota needs some to be enabled."""
