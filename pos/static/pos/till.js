// The till's page: the server draws menu and order, what is tapped goes to the API.

import { Live } from "./live.js";
import { attempt, call, notice, Refused } from "./session.js";

const menu = document.getElementById("menu");
const order = document.getElementById("order");
const place = document.getElementById("place");
const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
const page = document.getElementById("as-of").dataset;
const scale = 10 ** Number(page.decimals);
const money = new Intl.NumberFormat("en-GB", { style: "currency", currency: page.currency });
let current = null;
let category = null;
let paymentKey = null;
// Writes of this page go one after another: the first tap opens the order that the next one joins.
let last = Promise.resolve();

function inTurn(work) {
  last = last.then(work, work);
  return last;
}

// The order on the right

function address() {
  history.replaceState(null, "", current ? `?order=${current}` : location.pathname);
}

async function show(id = current) {
  current = id;
  address();
  await htmx.ajax("GET", `/till/orders/${id}/`, { target: order, swap: "innerHTML" });
  const bill = order.querySelector(".bill");
  if (bill) place.textContent = bill.dataset.place;
}

function startAnew(where = "takeaway", title = "Takeaway") {
  current = null;
  address();
  place.dataset.place = where;
  place.textContent = title;
  const invitation = document.createElement("p");
  invitation.className = "nothing";
  invitation.textContent = "Tap what the guest would like.";
  order.replaceChildren(invitation);
}

function add(line) {
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
    return true;
  }));
}

function act(verb, input = {}) {
  const id = current;
  return inTurn(() => attempt(async () => {
    const done = await call("POST", `orders/${id}/${verb}/`, input);
    if (current === id) await show();
    return done;
  }));
}

async function complete() {
  const done = await act("complete");
  if (done) startAnew();
}

function remove(line) {
  const id = current;
  return inTurn(() => attempt(async () => {
    await call("DELETE", `orders/${id}/lines/${line}/`);
    if (current === id) await show();
  }));
}

// Dialogs

async function ask(path) {
  await htmx.ajax("GET", path, { target: body, swap: "innerHTML" });
  paymentKey = crypto.randomUUID();
  if (!dialog.open) dialog.showModal();
}

function refuse(text) {
  body.querySelector("#dialog-refusal").textContent = text;
}

// Runs once at a time; a refusal is read in the dialog, which stays.
async function submit(form, work) {
  if (form.dataset.busy) return;
  form.dataset.busy = "yes";
  try {
    await inTurn(work);
    dialog.close();
  } catch (error) {
    if (!(error instanceof Refused)) return refuse("Not saved: there is no connection. Try again.");
    const asksApproval = error.problem.code === "approval_required";
    refuse(asksApproval ? "This takes a manager's code and PIN." : error.message);
    if (asksApproval) form.querySelector("#approver").hidden = false;
  } finally {
    delete form.dataset.busy;
  }
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

function giveDiscount(form) {
  const fields = Object.fromEntries(new FormData(form));
  const { kind, reason, employee_code: code, pin } = fields;
  const input = { kind, reason, value: whole(fields.value, kind === "percent" ? 100 : scale) };
  if (code) input.approver = { employee_code: code, pin };
  const { order: id } = form.dataset;
  return submit(form, async () => {
    await call("POST", `orders/${id}/discount/`, input);
    await show(id);
  });
}

// The kitchen gets what it has not got yet, and what is paid is closed.
function takeCash(form) {
  const tendered = whole(form.elements.tendered.value, scale);
  const { order: id } = form.dataset;
  return submit(form, async () => {
    const paid = await call("POST", "payments/cash/", { order: id, tendered }, paymentKey);
    notice(paid.change ? `Change: ${money.format(paid.change / scale)}` : "Paid, no change.", 15_000);
    const unsent = order.querySelector(".bill")?.hasAttribute("data-unsent");
    const finish = async () => {
      if (unsent) await call("POST", `orders/${id}/send/`);
      await call("POST", `orders/${id}/complete/`);
      if (current === id) startAnew();
    };
    if ((await attempt(async () => (await finish(), true))) === null && current === id) await show(id);
  });
}

const SUBMITS = { choosing: addChosen, discounting: giveDiscount, paying: takeCash };

// What is tapped

function choosePlace({ dataset: { order: id, place: where, title } }) {
  dialog.close();
  if (id) show(id);
  else startAnew(where, title);
}

function showCategory(id) {
  category = id;
  for (const tab of menu.querySelectorAll("[data-category]")) {
    const isShown = tab.dataset.category === id;
    tab.setAttribute("aria-pressed", isShown);
    document.getElementById(`category-${tab.dataset.category}`).hidden = !isShown;
  }
}

menu.addEventListener("click", ({ target }) => {
  const tab = target.closest("[data-category]");
  const product = target.closest("[data-product]");
  if (tab) showCategory(tab.dataset.category);
  else if (product && "asks" in product.dataset) ask(`/till/products/${product.dataset.product}/`);
  else if (product) add({ product: product.dataset.product });
});
menu.addEventListener("htmx:afterSwap", () => {
  if (category && document.getElementById(`category-${category}`)) showCategory(category);
});
order.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  if (button.dataset.ask) ask(button.dataset.ask);
  else if (button.dataset.remove) remove(button.dataset.remove);
  else if (button.id === "send") act("send");
  else if (button.id === "complete") complete();
});
body.addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (!button) return;
  const { percent, tendered } = button.dataset;
  if ("close" in button.dataset) dialog.close();
  else if (percent) Object.assign(body.querySelector("#value"), { value: percent });
  else if (tendered) {
    body.querySelector("#tendered").value = (tendered / scale).toFixed(Number(page.decimals));
    body.querySelector("form").requestSubmit();
  } else if (button.dataset.title) choosePlace(button);
});
body.addEventListener("submit", (event) => {
  event.preventDefault();
  SUBMITS[event.target.id]?.(event.target);
});
place.addEventListener("click", () => ask("/till/places/"));
document.getElementById("new-order").addEventListener("click", () => startAnew());

const asked = new URLSearchParams(location.search);
if (asked.has("order")) show(asked.get("order"));
else if (asked.has("table")) startAnew(asked.get("table"), asked.get("title"));

let redrawing;
new Live({
  since: Number(page.seq),
  streams: "orders,menu",
  onEvent({ entity, id }) {
    if (entity === "order" && id === current) {
      clearTimeout(redrawing);
      redrawing = setTimeout(() => inTurn(() => current === id && show()), 50);
    } else if (entity !== "order" && entity !== "table" && entity !== "floor") {
      htmx.trigger(menu, "refresh");
    }
  },
  onLive: () => current && inTurn(() => show()),
  onRefetch() {
    htmx.trigger(menu, "refresh");
    if (current) inTurn(() => show());
  },
});
