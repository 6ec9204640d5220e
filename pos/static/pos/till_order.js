// The order on the right of the till: which one it is, and what is done to it.

import { attempt, call } from "./session.js";
import { keepSteady } from "./steady.js";

const order = document.getElementById("order");
const place = document.getElementById("place");
export let current = null;
let drawn = null;
// Writes of this page go one after another: the first tap opens the order that the next one joins.
let last = Promise.resolve();

export function inTurn(work) {
  last = last.then(work, work);
  return last;
}

function choose(id, where, title) {
  current = id;
  history.replaceState(null, "", id ? `?order=${id}` : location.pathname);
  if (where) place.dataset.place = where;
  if (title) place.textContent = title;
}

// Draws it again. The button that had the focus has it again.
async function draw(path) {
  drawn = path;
  const { id, dataset } = document.activeElement;
  const held = order.contains(document.activeElement) && (id ? `#${id}` : `[data-ask="${dataset.ask}"]`);
  await htmx.ajax("GET", path, { target: order, swap: "innerHTML" });
  if (held) (order.querySelector(`${held}:enabled`) ?? place).focus();
}

export async function show(id = current) {
  choose(id);
  await draw(`/till/orders/${id}/`);
  const bill = order.querySelector(".bill");
  if (bill) place.textContent = bill.dataset.place;
}

// An order that somebody looks for.
export function find(id) {
  return inTurn(() => attempt(() => show(id), "Not shown: there is no connection."));
}

// What others changed. Without a connection the order stays as it was, and is drawn when there is
// one again.
export function redraw() {
  const id = current;
  return inTurn(() => id && current === id && show()).catch(() => {});
}

export function startAnew(where = "takeaway", title = "Takeaway") {
  choose(null, where, title);
  drawn = null;
  const invitation = document.createElement("p");
  invitation.className = "nothing";
  invitation.textContent = "Tap what the guest would like.";
  order.replaceChildren(invitation);
}

// The next one begins; the receipt of this one stays at hand until then.
async function endWith(id) {
  if (current !== id) return;
  choose(null, "takeaway", "Takeaway");
  await draw(`/till/orders/${id}/done/`);
}

export function add(line) {
  const where = place.dataset.place;
  const key = crypto.randomUUID();
  return inTurn(() => attempt(async () => {
    if (current) {
      await call("POST", `orders/${current}/lines/`, { lines: [line] }, key);
    } else {
      const to = where === "takeaway" ? { channel: "takeaway" } : { channel: "dine_in", table: where };
      current = (await call("POST", "orders/", { ...to, lines: [line] }, key)).id;
    }
    await show();
  }));
}

// One call of the API about the order in hand, which is then drawn again.
export function act(method, path, input = {}) {
  const id = current;
  return inTurn(() => attempt(async () => {
    await call(method, `orders/${id}/${path}`, input);
    if (current === id) await show();
  }));
}

export function complete(id = current) {
  return inTurn(() => attempt(async () => {
    await call("POST", `orders/${id}/complete/`);
    await endWith(id);
  }));
}

// What the kitchen has not got yet goes there, and what is paid is closed.
export async function finish(id) {
  try {
    const unsent = order.querySelector(".bill")?.dataset.unsent;
    if (unsent) await call("POST", `orders/${id}/send/`, { lines: unsent.split(" ") });
    await call("POST", `orders/${id}/complete/`);
    await endWith(id);
  } catch (error) {
    if (current === id) await show(id);
    throw error;
  }
}

// Somebody else has taken money for it: it is finished when nothing is left to pay.
export async function finishPaid(id) {
  await show(id);
  const { status, due } = order.querySelector(".bill").dataset;
  if (status === "OPEN" && due === "0") await finish(id);
}

keepSteady(order, () => inTurn(() => drawn && draw(drawn)).catch(() => {}));
