"""Passwords: changed with the present one, or reset by a link in an e-mail.

Hashing happens before the transaction; the row is then locked and what was checked is checked
again.
"""

import logging
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError
from django.core.mail import send_mail

from fynlo.accounts.actor import Actor
from fynlo.accounts.errors import PasswordRefused, ResetRefused, SessionEnded
from fynlo.accounts.models import Session, User
from fynlo.accounts.selectors import active_user, lock_user, member_rows, sessions_of, user_of_email
from fynlo.accounts.services.sessions import end_sessions
from fynlo.db import transaction_required

logger = logging.getLogger(__name__)
_LETTER = """Somebody, most likely you, asked for a new Fynlo password.

Choose it here within the hour:

{link}

The link works once. If it was not you, do nothing: your password stays as it is.
"""
_INVITATION = """{place} has added you to its staff in Fynlo.

Your employee code there is {code}.
"""
_KNOWN = """
Sign in with the password that you have.
"""
_NEW = """
Choose a password here within the hour, or ask for another link later, with this address:

{link}
"""


def hash_new_password(*, user_id: UUID, current_password: str, new_password: str) -> str:
    """The hash to store, after the present password was proven.

    Call outside any transaction. Raises PasswordRefused.
    """
    user = active_user(user_id)
    if user is None or not check_password(current_password, user.password):
        raise PasswordRefused("The current password is not right.", field="current_password")
    return _hashed(new_password, user)


def _hashed(new_password: str, user: User) -> str:
    try:
        validate_password(new_password, user)
    except ValidationError as error:
        raise PasswordRefused(" ".join(error.messages), field="new_password") from error
    return make_password(new_password)


@transaction_required
def change_password(*, by: Actor, now: datetime, password_hash: str) -> None:
    """Ends all other sessions of this person, in every restaurant.

    Raises SessionEnded when a reset or another change came first and ended this one: the
    present password that was proven is then an old one.
    """
    user = lock_user(by.user_id)
    here = sessions_of(by.restaurant_id, now=now).filter(pk=by.session_id)
    if user is None or not here.exists():
        raise SessionEnded
    _store(user, password_hash)
    others = Session.objects.filter(user_id=by.user_id).exclude(pk=by.session_id)
    end_sessions(sessions=others, by=by, now=now)


def _store(user: User, password_hash: str) -> None:
    user.password = password_hash
    user.save(update_fields=["password"])


def send_reset_link(*, email: str, public_url: str) -> None:
    """A letter with a link that works once; nothing when nobody active has this address.

    The token stands after `#`, which browsers keep out of logs and of Referer.
    """
    user = user_of_email(email)
    if user is None or not user.is_active:
        logger.info("password reset asked for an address that nobody has")
        return
    letter = _LETTER.format(link=_link(user, public_url))
    send_mail("Your new Fynlo password", letter, None, [user.email])


def send_invitation(*, membership_id: UUID, public_url: str) -> None:
    """A letter to somebody who was added to a restaurant's staff, with a link to choose a password
    when they have none. Nothing to who is no longer active."""
    member = member_rows(membership_id).select_related("user", "restaurant").first()
    if member is None or not (member.is_active and member.user.is_active):
        return
    user, place = member.user, member.restaurant.name
    way = _KNOWN if user.has_usable_password() else _NEW
    letter = _INVITATION.format(place=place, code=member.employee_code)
    letter += way.format(link=_link(user, public_url))
    send_mail(f"You work at {place}", letter, None, [user.email])


def _link(user: User, public_url: str) -> str:
    token = f"{user.pk.hex}.{default_token_generator.make_token(user)}"
    return f"{public_url}/reset-password/#token={token}"


def hash_reset_password(*, token: str, new_password: str) -> str:
    """The hash to store. Call outside any transaction. Raises ResetRefused, PasswordRefused."""
    user = active_user(_user_id_of(token))
    if not default_token_generator.check_token(user, _secret_of(token)):
        raise ResetRefused
    assert user
    return _hashed(new_password, user)


@transaction_required
def reset_password(*, token: str, password_hash: str, now: datetime) -> None:
    """Ends all sessions of this person. Raises ResetRefused, also for the second use."""
    user = lock_user(_user_id_of(token))
    if not default_token_generator.check_token(user, _secret_of(token)):
        raise ResetRefused
    assert user
    _store(user, password_hash)
    end_sessions(sessions=Session.objects.filter(user=user), by=None, now=now)


def _user_id_of(token: str) -> UUID:
    try:
        return UUID(token.partition(".")[0])
    except ValueError as error:
        raise ResetRefused from error


def _secret_of(token: str) -> str:
    return token.partition(".")[2]
