// A guest pays by QR code: the dialog that shows it, until it is paid or given up.

import { attempt, call, notice, Refused } from "./session.js";
import { keepSteady } from "./steady.js";
import { answer, ask, paymentKey, refuse, submit } from "./till_dialog.js";
import { finishPaid, inTurn, show } from "./till_order.js";

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
const news = document.getElementById("dialog-news");
const shown = () => document.getElementById("payment");
let endsAt = 0;

async function askForMoney(form) {
  const { order } = form.dataset;
  let payment;
  const isAsked = await submit(form, async () => {
    payment = await call("POST", "payments/open-banking/qr/", { order }, paymentKey);
  });
  if (isAsked) await ask(`/till/payments/${payment.id}/`);
}

// Something happened to a payment: the one in the dialog is drawn again.
export function hearOf(id) {
  if (shown()?.dataset.payment === id) htmx.trigger(shown(), "refresh");
}

async function tell(button) {
  const { payment } = shown().dataset;
  button.disabled = true;
  refuse("");
  try {
    if (button.dataset.tell) await call("POST", `payments/${payment}/${button.dataset.tell}/`);
    else await call("POST", "payments/open-banking/qr/", { payment });
    hearOf(payment);
  } catch (error) {
    refuse(error instanceof Refused ? error.message : "Not saved: there is no connection. Try again.");
  } finally {
    button.disabled = false;
  }
}

function endWith({ stage, order, total }) {
  dialog.close();
  notice(stage === "paid" ? `Paid: ${total}.` : "Cancelled. Nothing was taken.", 15_000);
  inTurn(() => attempt(() => (stage === "paid" ? finishPaid(order) : show(order))));
}

function countDown() {
  const left = document.getElementById("left");
  if (!left) return;
  const seconds = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
  left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function look() {
  const payment = shown();
  if (!payment) return;
  const { stage } = payment.dataset;
  if (stage === "paid" || stage === "cancelled") return endWith(payment.dataset);
  news.textContent = payment.querySelector(".news").textContent;
  const seconds = document.getElementById("left")?.dataset.seconds;
  endsAt = Date.now() + Number(seconds) * 1000;
  countDown();
  if (dialog.open && !dialog.contains(document.activeElement)) payment.querySelector("button").focus();
}

answer("asking", askForMoney);
keepSteady(body, () => shown() && htmx.trigger(shown(), "refresh"), "payment");
body.addEventListener("htmx:afterSettle", look);
body.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-tell], [data-again]");
  if (button) tell(button);
});
dialog.addEventListener("close", () => {
  shown()?.remove();
  news.textContent = "";
});
setInterval(countDown, 500);
