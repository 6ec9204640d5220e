// The board is drawn by the server, again and again; what was open stays open, what had the focus
// keeps it.

const board = document.getElementById("board");
const connection = document.getElementById("connection");
let open = [];
let focused = null;
let scrolled = {};

function state(name, text) {
  if (connection.dataset.state !== name) {
    connection.dataset.state = name;
    connection.textContent = text;
  }
}

board.addEventListener("htmx:beforeSwap", () => {
  open = [...board.querySelectorAll("details[open]")].map((found) => found.id);
  focused = board.contains(document.activeElement) ? place(document.activeElement) : null;
  scrolled = {};
  for (const region of board.querySelectorAll(".scroll[aria-labelledby]")) {
    scrolled[region.getAttribute("aria-labelledby")] = region.scrollLeft;
  }
});

board.addEventListener("htmx:afterSwap", () => {
  for (const id of open) {
    const found = document.getElementById(id);
    if (found) found.open = true;
  }
  for (const [name, left] of Object.entries(scrolled)) {
    const region = board.querySelector(`.scroll[aria-labelledby="${name}"]`);
    if (region) region.scrollLeft = left;
  }
  if (focused) board.querySelectorAll(focused.selector)[focused.index]?.focus({ preventScroll: true });
});

// Which of all that can have the focus it is.
function place(element) {
  const selector = "a, button, summary, [tabindex]";
  return { selector, index: [...board.querySelectorAll(selector)].indexOf(element) };
}

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.successful) state("live", "Live");
  else state("lost", "No figures for the moment");
});

state("live", "Live");
