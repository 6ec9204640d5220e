// Starts a run through the API, and goes where it can be watched.

import { attempt, call } from "../pos/session.js";

document.getElementById("start-run")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const button = form.querySelector("button");
  button.disabled = true;
  const body = { suite: form.elements.suite.value, quick: form.elements.quick.checked };
  const asked = await attempt(() => call("POST", "benchmarks/", body));
  if (asked) location.assign(`/perf/runs/${asked.id}/`);
  button.disabled = false;
});
