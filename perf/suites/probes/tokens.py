"""Forged, expired and misused access tokens."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import jwt
import orjson
from django.conf import settings

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.signed_in import sign_in
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.surface import stranger

GUESSED_KEYS = ("secret", "changeme", "fynlo", "django-insecure", "0" * 32)
FAR_AWAY_S = 10**9


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).rstrip(b"=").decode()


def forged(token: str, lab: Context) -> Iterator[tuple[str, str]]:
    """What is wrong with a token, and the token: made from a good one by somebody without a key."""
    header, claims = jwt.get_unverified_header(token), _claims(token)
    signature = token.rpartition(".")[2]
    raised = {**claims, "rol": Role.OWNER.value}
    moved = {**claims, "res": str(lab.once(stranger))}
    for name in ("none", "None", "NONE", "nOnE"):
        yield f"alg {name}", f"{_part({**header, 'alg': name})}.{_part(raised)}."
        yield (
            f"alg {name}, old signature",
            f"{_part({**header, 'alg': name})}.{_part(raised)}.{signature}",
        )
    for key in GUESSED_KEYS:
        yield "a guessed key", _signed(raised, key, header)
    yield (
        "a key of the forger, in the header",
        _signed(raised, "forged" * 8, {**header, "jwk": {"kty": "oct", "k": "Zm9yZ2Vk" * 8}}),
    )
    for kid in ("", "../../../dev/null", "' UNION SELECT 'forged' -- ", "0", "none"):
        yield f"kid {kid!r}", _signed(raised, "forged" * 8, {"kid": kid})
    yield "no kid", _signed(raised, "forged" * 8, {})
    yield "kid that is a list", _unsigned({**header, "kid": [header["kid"]]}, raised, signature)
    yield "another role, old signature", _unsigned(header, raised, signature)
    yield "another restaurant, old signature", _unsigned(header, moved, signature)
    yield "no signature", token.rpartition(".")[0] + "."
    yield "half a signature", token[: -len(signature) // 2]


def out_of_order(token: str) -> Iterator[tuple[str, str]]:
    """The same, signed with the right key: time, kind and algorithm are looked at all the same."""
    header, claims = jwt.get_unverified_header(token), _claims(token)
    key = settings.SIGNING_KEYS[header["kid"]]
    yield "expired", _signed({**claims, "exp": int(time.time()) - 60}, key, header)
    lasting = {name: value for name, value in claims.items() if name != "exp"}
    yield "never expires", _signed(lasting, key, header)
    yield "not valid yet", _signed({**claims, "nbf": int(time.time()) + FAR_AWAY_S}, key, header)
    yield "another algorithm", _signed(claims, key, header, "HS512")
    yield "another kind", _signed({**claims, "typ": "refresh"}, key, header)
    yield "a role that is none", _signed({**claims, "rol": "god"}, key, header)
    yield "no session", _signed({**claims, "ses": ""}, key, header)


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def _signed(
    claims: dict[str, Any], key: str, header: dict[str, Any], algorithm: str = "HS256"
) -> str:
    more = {name: value for name, value in header.items() if name != "alg"}
    return jwt.encode(claims, key, algorithm=algorithm, headers=more)


def _unsigned(header: dict[str, Any], claims: dict[str, Any], signature: str) -> str:
    return f"{_part(header)}.{_part(claims)}.{signature}"


def attacks(lab: Context) -> Outcome:
    findings, till = Findings(), lab.till(Role.SERVER)
    token = sign_in(lab.target.ready["restaurant"], Role.SERVER)
    findings.probe(till.get("auth/me/").status == 200, Severity.LOW, "a good token is refused")
    for wrong, made in (*forged(token, lab), *out_of_order(token)):
        for path in ("auth/me/", "menu/"):
            bearer = f"Bearer {made}"
            status = till.ask("GET", path, None, {"Authorization": bearer}).status
            finding = f"GET {path}: {status} to a token with {wrong}"
            findings.probe(status == 401, Severity.CRITICAL, finding)
    _misused(findings, lab)
    return findings.outcome()


def _misused(findings: Findings, lab: Context) -> None:
    """Tokens that are good, but not for this, or not any more."""
    nobody = lab.stranger(address="127.2.0.3")
    login = lab.target.ready["logins"]["server"]
    given = {name: login[name] for name in ("email", "password")}
    pair = nobody.post("auth/login/", given).json()
    as_access = {"Authorization": f"Bearer {pair['refresh']}"}
    status = nobody.ask("GET", "auth/me/", None, as_access).status
    findings.probe(status == 401, Severity.CRITICAL, f"GET auth/me/: {status} to a refresh token")
    status = nobody.ask("POST", "auth/refresh/", {"refresh": pair["access"]}, {}).status
    finding = f"POST auth/refresh/: {status} to an access token"
    findings.probe(status == 401, Severity.CRITICAL, finding)
    own = {"Authorization": f"Bearer {pair['access']}"}
    nobody.ask("POST", "auth/logout/", {}, own)
    for path in ("auth/me/", "menu/"):
        status = nobody.ask("GET", path, None, own).status
        finding = f"GET {path}: {status} after signing out"
        findings.probe(status == 401, Severity.HIGH, finding)
    status = nobody.ask("POST", "auth/refresh/", {"refresh": pair["refresh"]}, {}).status
    finding = f"POST auth/refresh/: {status} after signing out"
    findings.probe(status == 401, Severity.HIGH, finding)
