// The till's page: the server draws menu and order, what is tapped goes to the API.

import { Live } from "./live.js";
import { keepSteady } from "./steady.js";
import { ask, press } from "./till_dialog.js";
import { hearOf } from "./till_pay.js";
import { act, add, complete, current, find, redraw, startAnew } from "./till_order.js";

const menu = document.getElementById("menu");
const order = document.getElementById("order");
const page = document.getElementById("as-of").dataset;
let category = null;

function choosePlace({ order: id, place: where, title }) {
  if (id) find(id);
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
  else if (button.dataset.remove) act("DELETE", `lines/${button.dataset.remove}/`);
  else if (button.id === "send") act("POST", "send/");
  else if (button.id === "complete") complete();
});
document.getElementById("dialog-body").addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button) press(button, { choosePlace });
});
document.getElementById("place").addEventListener("click", () => ask("/till/places/"));
document.getElementById("new-order").addEventListener("click", () => startAnew());

const asked = new URLSearchParams(location.search);
if (asked.has("order")) find(asked.get("order"));
else if (asked.has("table")) startAnew(asked.get("table"), asked.get("title"));

let redrawing;
keepSteady(menu, () => htmx.trigger(menu, "refresh"));
new Live({
  since: Number(page.seq),
  streams: page.streams,
  onEvent({ entity, id }) {
    if (entity === "order" && id === current) {
      clearTimeout(redrawing);
      redrawing = setTimeout(() => current === id && redraw(), 50);
    } else if (entity === "payment") {
      hearOf(id);
    } else if (entity !== "order" && entity !== "table" && entity !== "floor") {
      htmx.trigger(menu, "refresh");
    }
  },
  onLive: redraw,
  onRefetch() {
    htmx.trigger(menu, "refresh");
    redraw();
  },
});
