"""Refusals concerning users and how they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from oneapi.domain.errors import Refusal

if TYPE_CHECKING:
    from oneapi.domain.people.identities import IdentityProvider

# --- signing in and registering ----------------------------------------------------------------


class PasswordLoginDisabled(Refusal):
    """The operator has disabled signing in by password."""


class WrongLogin(Refusal):
    """User name or password is wrong; the message does not say which."""


class RegistrationDisabled(Refusal):
    """Registration is disabled."""


class PasswordRegistrationDisabled(Refusal):
    """Registration by password is disabled."""


class CodeMissing(Refusal):
    """An e-mail address and the code sent to it are required."""


class WrongCode(Refusal):
    """The code is wrong or has expired."""


class WrongResetLink(Refusal):
    """The link is wrong or has expired."""


class HumanTokenMissing(Refusal):
    """The request carries no Turnstile token."""


class HumanCheckFailed(Refusal):
    """Turnstile did not confirm that the caller is a person."""


class HumanCheckUnavailable(Refusal):
    """Turnstile cannot be reached."""


# --- accounts elsewhere ------------------------------------------------------------------------


class WrongState(Refusal):
    """The ``state`` does not belong to a sign-in that this browser started."""


class AlreadyBound(Refusal):
    """The external account is bound to another user."""


@frozen
class IdentityProviderError(Refusal):
    """The base class of refusals concerning sign-in with ``provider``."""

    provider: IdentityProvider


class IdentityProviderDisabled(IdentityProviderError):
    """The operator has not enabled the provider."""


class IdentityProviderUnreachable(IdentityProviderError):
    """The provider does not answer."""


class IdentityProviderRefused(IdentityProviderError):
    """The provider did not identify a user."""


class IdentityAlreadyBound(IdentityProviderError):
    """The account at the provider is already bound to a user."""


# --- names, passwords, addresses ---------------------------------------------------------------


class BadUsername(Refusal):
    """The name is empty, or could be confused with others."""


class NameTaken(Refusal):
    """The name, or one that could be confused with it, is taken."""


@frozen
class InvalidInput(Refusal):
    """``field`` is too long, too short, or malformed."""

    field: str


class InvalidOwnInput(InvalidInput):
    """The same, with the original's message for changes to one's own account."""


@frozen
class PasswordTooLong(Refusal):
    """The password has more than ``most`` bytes."""

    most: int


class WrongOldPassword(Refusal):
    """The old password is wrong or missing."""


class EmailTaken(Refusal):
    """The address belongs to another user."""


class EmailDomainRefused(Refusal):
    """The operator does not allow addresses of this domain."""


# --- managing users ----------------------------------------------------------------------------


class UserIdMissing(Refusal):
    """The request names no user."""


class UnknownUser(Refusal):
    """The user does not exist."""


@frozen
class UnknownRole(Refusal):
    """The role cannot be assigned."""

    role: int


@frozen
class UnknownAction(Refusal):
    """There is no action with this name."""

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
    """Root cannot delete its own account."""


class RootNotDisabled(Refusal):
    """Root cannot be disabled."""


class RootNotDeleted(Refusal):
    """Root cannot be deleted."""


class RootNotDemoted(Refusal):
    """Root cannot be demoted."""


class OnlyRootPromotes(Refusal):
    """Only root can promote users to administrators."""


class AdminAlready(Refusal):
    """The user is already an administrator."""


class CommonAlready(Refusal):
    """The user is already a common user."""


# --- tokens ------------------------------------------------------------------------------------


@frozen
class TokenNameTooLong(Refusal):
    """The name has more than ``most`` characters."""

    most: int


@frozen
class BadSubnet(Refusal):
    """``subnet`` is not a network in CIDR notation."""

    subnet: str


class NoModelNamed(Refusal):
    """The list of models is not empty but contains no name."""


class TokenStillExpired(Refusal):
    """An expired token cannot be enabled without a new expiry."""


class TokenStillExhausted(Refusal):
    """A token without quota cannot be enabled."""
