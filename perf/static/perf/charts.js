// The charts stay where they are; each new board brings their figures.

const board = document.getElementById("board");
const SHOWN_MS = 15 * 60 * 1000;
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function draw(id, series) {
  const ink = colour("--soft");
  const traces = series.map(({ name, at, values }, number) => ({
    x: at.map((seconds) => new Date(seconds * 1000)),
    y: values,
    name,
    mode: "lines",
    line: { color: colour(`--series-${number + 1}`), width: 2, dash: number ? "dot" : "solid" },
    hovertemplate: `%{y:.1f}<extra>${name}</extra>`,
  }));
  const layout = {
    margin: { l: 40, r: 8, t: 8, b: 28 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: ink, size: 12 },
    showlegend: series.length > 1,
    legend: { orientation: "h", x: 0, y: 1.15 },
    xaxis: {
      gridcolor: colour("--line"),
      tickformat: "%H:%M",
      nticks: 5,
      range: [new Date(Date.now() - SHOWN_MS), new Date()],
    },
    yaxis: { gridcolor: colour("--line"), rangemode: "tozero", nticks: 4, zeroline: false },
  };
  Plotly.react(id, traces, layout, { displayModeBar: false, responsive: true });
}

function say(id, text) {
  document.getElementById(id).textContent = text;
}

function last(points, name) {
  return points.length ? points[points.length - 1][name] : 0;
}

function pick(points, name, divisor = 1) {
  return points.map((point) => point[name] / divisor);
}

function refresh() {
  const { traffic, hosts } = JSON.parse(document.getElementById("charts").textContent);
  const at = pick(traffic, "at");
  draw("chart-traffic", [{ name: "requests a second", at, values: pick(traffic, "requests_per_s") }]);
  draw("chart-latency", [{ name: "ms", at, values: pick(traffic, "p95_ms") }]);
  say("said-traffic", `${last(traffic, "requests_per_s").toFixed(1)} now`);
  say("said-latency", `${last(traffic, "p95_ms").toFixed(1)} ms now`);
  // The charts are of one machine; the list of processes has them all.
  const points = Object.values(hosts)[0] ?? [];
  const moments = pick(points, "at");
  draw("chart-machine", [
    { name: "processors", at: moments, values: pick(points, "cpu_percent") },
    { name: "memory", at: moments, values: pick(points, "memory_percent") },
  ]);
  draw("chart-network", [
    { name: "sent", at: moments, values: pick(points, "sent_per_s", 1024) },
    { name: "received", at: moments, values: pick(points, "received_per_s", 1024) },
  ]);
  say("said-machine", `${last(points, "cpu_percent").toFixed(0)} % and ${last(points, "memory_percent").toFixed(0)} % now`);
  say("said-network", `${(last(points, "sent_per_s") / 1024).toFixed(0)} sent now`);
}

board.addEventListener("htmx:afterSwap", refresh);
dark.addEventListener("change", refresh);
refresh();
