// The kitchen's page: the server draws the board, the events say when to draw it again.

import { Live } from "./live.js";
import { attempt, call } from "./session.js";
import { keepSteady } from "./steady.js";

const WARM_S = 8 * 60;
const LATE_S = 15 * 60;
const board = document.getElementById("board");
const recallLast = document.getElementById("recall-last");
// Tickets whose tap is under way. Their buttons stay enabled: a disabled one loses the focus.
const busy = new Set();
let collected = null;
let focused = null;
let seen = new Set(tickets().map((ticket) => ticket.id));

function tickets() {
  return [...board.querySelectorAll(".ticket")];
}

function refresh() {
  htmx.trigger(board, "refresh");
}

function tick() {
  for (const ticket of tickets()) {
    const { began, until } = ticket.dataset;
    const end = until ? Date.parse(until) : Date.now();
    const seconds = Math.max(0, Math.floor((end - Date.parse(began)) / 1000));
    const minutes = Math.floor(seconds / 60);
    ticket.dataset.age = seconds >= LATE_S ? "late" : seconds >= WARM_S ? "warm" : "fresh";
    const shown = minutes < 100 ? `${minutes}:${String(seconds % 60).padStart(2, "0")}` : `${Math.floor(minutes / 60)} h`;
    const place = ticket.querySelector("time");
    if (place.textContent !== shown) place.textContent = shown;
  }
}

async function step(button) {
  const ticket = button.closest(".ticket");
  const { id } = ticket.dataset;
  const verb = button.dataset.step;
  if (busy.has(id)) return;
  busy.add(id);
  const done = await attempt(() => call("POST", `kitchen/tickets/${id}/${verb}/`, {
    version: Number(ticket.dataset.version),
  }));
  busy.delete(id);
  if (done === null) return;
  if (verb === "collect") {
    collected = id;
    recallLast.hidden = false;
  }
  refresh();
}

async function recall() {
  const id = collected;
  const done = await attempt(() => call("POST", `kitchen/tickets/${id}/recall/`));
  if (done === null) return;
  collected = null;
  recallLast.hidden = true;
  refresh();
}

function choose(place) {
  const all = tickets();
  if (all.length === 0) return;
  const ticket = all[Math.min(Math.max(place, 0), all.length - 1)];
  ticket.querySelector(".step")?.focus();
  ticket.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const here = tickets().indexOf(document.activeElement.closest?.(".ticket"));
  if (event.key === "ArrowRight" || event.key === "ArrowDown") choose(here + 1);
  else if (event.key === "ArrowLeft" || event.key === "ArrowUp") choose(here < 0 ? 0 : here - 1);
  else if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  else if (event.key === "r" || event.key === "R") {
    const button = tickets()[here]?.querySelector(".recall");
    if (button) step(button);
    else if (collected) recall();
  } else return;
  event.preventDefault();
}

board.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-step]");
  const button = pressed ?? event.target.closest(".ticket")?.querySelector(".step");
  if (button) step(button);
});
recallLast.addEventListener("click", recall);
document.addEventListener("keydown", press);
board.addEventListener("htmx:beforeSwap", () => {
  focused = document.activeElement.closest(".ticket")?.id ?? null;
});
board.addEventListener("htmx:afterSwap", () => {
  tick();
  if (focused) document.getElementById(focused)?.querySelector(".step")?.focus();
  const now = tickets();
  for (const ticket of now) if (!seen.has(ticket.id)) ticket.classList.add("is-new");
  seen = new Set(now.map((ticket) => ticket.id));
});

keepSteady(board, refresh);
tick();
setInterval(tick, 1000);
new Live({
  since: Number(document.getElementById("as-of").dataset.seq),
  streams: "kitchen",
  onEvent: refresh,
  onLive: refresh,
  onRefetch: refresh,
});
