// What the till asks before it does something: each form says what it sends to the API.

import { attempt, call, notice, Refused } from "./session.js";
import { add, finish, inTurn, show } from "./till_order.js";

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
const page = document.getElementById("as-of").dataset;
const scale = 10 ** Number(page.decimals);
const money = new Intl.NumberFormat("en-GB", { style: "currency", currency: page.currency });
export let paymentKey = null;

export async function ask(path) {
  const draw = () => htmx.ajax("GET", path, { target: body, swap: "innerHTML" });
  if ((await attempt(draw, "Not shown: there is no connection.")) === null) return;
  paymentKey = crypto.randomUUID();
  if (!dialog.open) dialog.showModal();
  body.querySelector("form[data-at-once]")?.requestSubmit();
}

export function refuse(text) {
  body.querySelector("#dialog-refusal").textContent = text;
}

// The API keeps a refusal that does not heal under its key: the next try needs another.
function isKept({ status }) {
  return status < 500 && status !== 409 && status !== 429;
}

// Runs once at a time; a refusal is read in the dialog, which stays, until the next try.
export async function submit(form, work) {
  if (form.dataset.busy) return false;
  form.dataset.busy = "yes";
  refuse("");
  try {
    await inTurn(work);
    dialog.close();
    return true;
  } catch (error) {
    if (isKept(error)) paymentKey = crypto.randomUUID();
    if (!(error instanceof Refused)) refuse("Not saved: there is no connection. Try again.");
    else if (error.problem.code === "approval_required") askApprover(form);
    else if (error.problem.code === "drawer_not_open") askFloat(form);
    else refuse(error.message);
    return false;
  } finally {
    delete form.dataset.busy;
  }
}

function askApprover(form) {
  const fields = form.querySelector("#approver");
  fields.hidden = false;
  refuse("This takes a manager's code and PIN.");
  fields.querySelector("input").focus();
}

function askFloat(form) {
  const fields = form.querySelector("#drawer");
  fields.hidden = false;
  refuse("No drawer is open here. Count its float.");
  fields.querySelector("input").focus();
}

// One call about the order of the form.
function send(form, method, path, input) {
  const { order: id } = form.dataset;
  return submit(form, async () => {
    await call(method, `orders/${id}/${path}`, input);
    await show(id);
  });
}

function chosen(form) {
  const modifiers = [];
  for (const group of form.querySelectorAll("fieldset[data-least]")) {
    const picked = [...group.querySelectorAll(":checked")];
    const { least, most = Infinity, name } = group.dataset;
    if (picked.length < Number(least)) return refuse(`${name}: choose at least ${least}.`);
    if (picked.length > Number(most)) return refuse(`${name}: choose at most ${most}.`);
    modifiers.push(...picked.map((input) => ({ modifier: input.value })));
  }
  const fields = new FormData(form);
  const line = { product: form.dataset.product, quantity: fields.get("quantity"), modifiers };
  if (fields.get("variation")) line.variation = fields.get("variation");
  if (fields.get("note")) line.note = fields.get("note");
  return line;
}

function addChosen(form) {
  const line = chosen(form);
  if (!line) return;
  dialog.close();
  add(line);
}

// "12.5" in pounds or percent, to whole hundredths.
function whole(text, factor) {
  return Math.round(Number(text) * factor);
}

function approved({ employee_code: code, pin }) {
  return code ? { approver: { employee_code: code, pin } } : {};
}

function giveDiscount(form) {
  const fields = Object.fromEntries(new FormData(form));
  const { kind, reason } = fields;
  const value = whole(fields.value, kind === "percent" ? 100 : scale);
  return send(form, "POST", "discount/", { kind, reason, value, ...approved(fields) });
}

function takeDiscountBack(form) {
  const fields = Object.fromEntries(new FormData(form));
  return send(form, "POST", "remove-discount/", { discount: fields.discount, ...approved(fields) });
}

function changeLine(form) {
  const { quantity, seat, course, note } = Object.fromEntries(new FormData(form));
  const { line, version } = form.dataset;
  const input = { quantity, seat: Number(seat), course: Number(course), note };
  return send(form, "PATCH", `lines/${line}/`, { ...input, version: Number(version) });
}

function voidLine(form) {
  const fields = Object.fromEntries(new FormData(form));
  const { reason } = fields;
  return send(form, "POST", "void-line/", { line: form.dataset.line, reason, ...approved(fields) });
}

function holdOrFire(form, { name, value }) {
  return send(form, "POST", `${name}/`, { course: Number(value) });
}

function moveTo(form, { value }) {
  return send(form, "POST", "transfer/", { table: value });
}

async function split(form, { name, value }) {
  const ways = {
    equal: () => ({ equal: Number(value) }),
    seats: () => ({ seats: value.split(",").map((seat) => [Number(seat)]) }),
    lines: () => ({ lines: [new FormData(form).getAll("line")] }),
  };
  const input = ways[name]();
  if (input.lines?.[0].length === 0) return refuse("Tick at least one line.");
  const { order: id } = form.dataset;
  if (await send(form, "POST", "split/", input)) await ask(`/till/orders/${id}/parts/`);
}

function takeCash(form) {
  const tendered = whole(form.elements.tendered.value, scale);
  const { order: id } = form.dataset;
  const { float } = form.elements;
  return submit(form, async () => {
    if (float.value) await call("POST", "payments/drawers/", { opening_float: whole(float.value, scale) });
    float.value = "";
    const paid = await call("POST", "payments/cash/", { order: id, tendered }, paymentKey);
    notice(paid.change ? `Change: ${money.format(paid.change / scale)}` : "Paid, no change.", 15_000);
    await attempt(() => finish(id));
  });
}

const SUBMITS = {
  choosing: addChosen,
  changing: changeLine,
  voiding: voidLine,
  coursing: holdOrFire,
  moving: moveTo,
  splitting: split,
  discounting: giveDiscount,
  undiscounting: takeDiscountBack,
  paying: takeCash,
};

// What a form does that another module knows about.
export function answer(name, work) {
  SUBMITS[name] = work;
}

function fill(id, value) {
  body.querySelector(`#${id}`).value = value;
}

export function press(button, { choosePlace }) {
  const { percent, tendered, reason, title } = button.dataset;
  if ("close" in button.dataset) dialog.close();
  else if (percent) fill("value", percent);
  else if (reason) fill("reason", reason);
  else if (tendered) {
    fill("tendered", (tendered / scale).toFixed(Number(page.decimals)));
    body.querySelector("form").requestSubmit();
  } else if (title) {
    dialog.close();
    choosePlace(button.dataset);
  }
}

body.addEventListener("submit", (event) => {
  event.preventDefault();
  SUBMITS[event.target.dataset.does](event.target, event.submitter);
});
