"""What a browser is told: headers, CORS and cookies of the API and of the pages."""

import httpx

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.suites.probes.findings import Findings, Severity

EVIL = "https://evil.example"
PAGES = ("/admin/login/", "/screens/sign-in/", "/till/", "/admin/", "/r/nothing/", "/q/nothing/")
ANSWERS = ("/api/v1/menu/", "/api/v1/nothing/", "/api/v1/docs/", "/health/live/", "/nothing/")


def client(lab: Context, number: int, **options: object) -> httpx.Client:
    """From a loopback address of its own."""
    is_near = "127.0.0.1" in lab.target.http
    transport = httpx.HTTPTransport(local_address=f"127.2.2.{number}") if is_near else None
    return httpx.Client(base_url=lab.target.http, transport=transport, timeout=30, **options)  # type: ignore[arg-type]


def headers(lab: Context) -> Outcome:
    findings = Findings()
    with client(lab, 1) as browser:
        look_at_headers(findings, browser, is_tls=lab.target.http.startswith("https"))
    return findings.outcome()


def look_at_headers(findings: Findings, browser: httpx.Client, *, is_tls: bool) -> None:
    for path in (*PAGES, *ANSWERS):
        _common(findings, path, browser.get(path), is_tls=is_tls)
    for path in PAGES:
        page = browser.get(path, follow_redirects=True)
        policy = page.headers.get("content-security-policy", "")
        finding = f"GET {path}: no Content-Security-Policy"
        findings.probe("default-src" in policy, Severity.MEDIUM, finding)
        finding = f"GET {path}: its Content-Security-Policy lets others frame it"
        findings.probe("frame-ancestors 'none'" in policy, Severity.LOW, finding)


def _common(findings: Findings, path: str, answer: httpx.Response, *, is_tls: bool) -> None:
    told = answer.headers
    wanted = {
        "x-content-type-options": ("nosniff", Severity.MEDIUM),
        "x-frame-options": ("DENY", Severity.MEDIUM),
        "referrer-policy": ("", Severity.LOW),
    }
    if is_tls:
        wanted["strict-transport-security"] = ("max-age=", Severity.HIGH)
    for name, (value, severity) in wanted.items():
        holds = name in told and value in told[name]
        findings.probe(holds, severity, f"GET {path}: no {name} header")
    naming = any(sign in told.get("server", "") for sign in "/0123456789") or "x-powered-by" in told
    findings.probe(not naming, Severity.LOW, f"GET {path}: tells versions of its software")


def cors(lab: Context) -> Outcome:
    """No other site may read what the API answers, nor send a token along."""
    findings = Findings()
    with client(lab, 2) as browser:
        for origin in (EVIL, "null", f"{lab.target.http}.evil.example"):
            for path in ("/api/v1/menu/", "/api/v1/auth/login/", "/admin/login/", "/health/live/"):
                asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
                for method in ("GET", "OPTIONS"):
                    answer = browser.request(method, path, headers=asked)
                    allowed = answer.headers.get("access-control-allow-origin", "")
                    finding = f"{method} {path}: lets {origin} read it"
                    findings.probe(allowed not in (origin, "*"), Severity.HIGH, finding)
    return findings.outcome()


def cookies(lab: Context) -> Outcome:
    """The session's cookie after signing in, and that a form without its token is refused."""
    findings, login = Findings(), lab.target.ready["logins"]["owner"]
    with client(lab, 3, headers={"Referer": lab.target.http + "/"}) as browser:
        look_at_cookies(findings, browser, login, is_tls=lab.target.http.startswith("https"))
    return findings.outcome()


def look_at_cookies(
    findings: Findings, browser: httpx.Client, login: dict[str, str], *, is_tls: bool
) -> None:
    for path, name, where in (
        ("/admin/login/", "username", "/admin/"),
        ("/screens/sign-in/", "email", "/till/"),
    ):
        form = {name: login["email"], "password": login["password"], "next": where}
        answer = _sign_in(findings, browser, path, form)
        _look_at_cookies(findings, path, answer, is_tls=is_tls)
        browser.cookies.clear()


def _sign_in(
    findings: Findings, browser: httpx.Client, path: str, form: dict[str, str]
) -> httpx.Response:
    status = browser.post(path, data=form).status_code
    finding = f"POST {path}: {status} without a CSRF token"
    findings.probe(status == 403, Severity.HIGH, finding)
    token = browser.get(path).cookies.get("csrftoken") or ""
    answer = browser.post(path, data={**form, "csrfmiddlewaretoken": token})
    finding = f"POST {path}: {answer.status_code}, the owner cannot sign in"
    findings.probe(answer.status_code == 302, Severity.LOW, finding)
    return answer


def _look_at_cookies(
    findings: Findings, path: str, answer: httpx.Response, *, is_tls: bool
) -> None:
    """Scripts of the pages need the CSRF token; of the session they must see nothing."""
    for given in answer.headers.get_list("set-cookie"):
        cookie = given.strip().lower()
        for word in ("httponly", "samesite", *(["secure"] if is_tls else [])):
            if not (word == "httponly" and cookie.startswith("csrftoken")):
                finding = f"POST {path}: the cookie {cookie.split('=')[0]} is not {word}"
                findings.probe(f"; {word}" in cookie, Severity.HIGH, finding)
