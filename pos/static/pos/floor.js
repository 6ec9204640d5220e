// The floor's page: the server draws the tables, the events say when to draw them again.

import { Live } from "./live.js";
import { keepSteady } from "./steady.js";

const board = document.getElementById("board");

function refresh() {
  htmx.trigger(board, "refresh");
}

// Where tables stand, for the plan that wide screens show.
function arrange() {
  for (const table of board.querySelectorAll(".table")) {
    table.style.setProperty("--x", `${table.dataset.x / 10}%`);
    table.style.setProperty("--y", `${table.dataset.y / 10}%`);
  }
}

board.addEventListener("htmx:afterSwap", arrange);
arrange();
keepSteady(board, refresh);
new Live({
  since: Number(document.getElementById("as-of").dataset.seq),
  streams: "orders,kitchen",
  onEvent: refresh,
  onLive: refresh,
  onRefetch: refresh,
});
