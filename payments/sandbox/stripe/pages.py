"""What a guest sees: the card form that stands for Stripe.js, and the bank's 3-D Secure page."""

from html import escape
from urllib.parse import urlencode

from payments.sandbox.stripe.refusals import Json

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 17px/1.5 system-ui, sans-serif; margin: 0; background: #f6f8fa; color: #1a1f36 }}
main {{ max-width: 26rem; margin: 0 auto; padding: 1.5rem }}
label {{ display: block; margin: 1rem 0 .25rem }}
input {{ font: inherit; width: 100%; box-sizing: border-box; padding: .75rem;
  border: 1px solid #6b7280; border-radius: 8px }}
.row {{ display: flex; gap: 1rem }}
button {{ font: inherit; width: 100%; min-height: 48px; margin-top: 1rem; border: 0;
  border-radius: 8px; background: #4338ca; color: #fff }}
button.quiet {{ background: #fff; color: #1a1f36; border: 1px solid #6b7280 }}
.wrong {{ color: #b42318 }}
.note {{ font-size: .85rem; color: #4b5563 }}
</style></head><body><main>{body}
<p class="note">Test mode: this page stands in for Stripe. No card is charged.</p>
</main></body></html>"""
_FORM = """<h1>Pay {amount}</h1><p>{description}</p>
<p class="wrong" role="alert">{wrong}</p>
<form method="post">
<input type="hidden" name="key" value="{key}">
<input type="hidden" name="return_url" value="{back}">
<label for="number">Card number</label>
<input id="number" name="number" inputmode="numeric" autocomplete="cc-number" required
  placeholder="4242 4242 4242 4242">
<div class="row"><div><label for="expiry">Expiry</label>
<input id="expiry" name="expiry" inputmode="numeric" autocomplete="cc-exp" required
  placeholder="12/34"></div>
<div><label for="cvc">CVC</label>
<input id="cvc" name="cvc" inputmode="numeric" autocomplete="cc-csc" required
  placeholder="123"></div></div>
<button>Pay</button></form>"""
_CHALLENGE = """<h1>Your bank asks</h1><p>Do you want to pay {amount}?</p>
<form method="post"><input type="hidden" name="key" value="{key}">
<button name="result" value="complete">Complete authentication</button>
<button name="result" value="fail" class="quiet">Fail authentication</button></form>"""


def amount_of(intent: Json) -> str:
    return f"{intent['amount'] / 100:.2f} {intent['currency'].upper()}"


def card_form(intent: Json, *, back: str, wrong: str = "") -> str:
    shown = {
        "amount": amount_of(intent),
        "description": intent["description"] or "",
        "wrong": wrong,
        "key": intent["client_secret"],
        "back": back,
    }
    body = _FORM.format(**{name: escape(value) for name, value in shown.items()})
    return _PAGE.format(title="Pay by card", body=body)


def challenge(intent: Json) -> str:
    body = _CHALLENGE.format(amount=amount_of(intent), key=escape(intent["client_secret"]))
    return _PAGE.format(title="3-D Secure", body=body)


def message(title: str, text: str) -> str:
    body = f"<h1>{escape(title)}</h1><p>{escape(text)}</p>"
    return _PAGE.format(title=escape(title), body=body)


def returning(intent: Json, back: str) -> str:
    """Where Stripe.js sends the browser: never to be believed, only a reason to ask the API."""
    succeeded = intent["status"] in {"succeeded", "requires_capture", "processing"}
    query = {
        "payment_intent": intent["id"],
        "payment_intent_client_secret": intent["client_secret"],
        "redirect_status": "succeeded" if succeeded else "failed",
    }
    return f"{back}{'&' if '?' in back else '?'}{urlencode(query)}"
