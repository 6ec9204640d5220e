// Charts of a run: latency by percentile, drawn when a scenario is opened; a metric over commits.

const board = document.getElementById("board");
const dark = matchMedia("(prefers-color-scheme: dark)");

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function read(id) {
  const found = document.getElementById(id);
  return found ? JSON.parse(found.textContent) : [];
}

function draw(id, trace, axes) {
  const grid = { gridcolor: colour("--line"), zeroline: false };
  const layout = {
    margin: { l: 50, r: 8, t: 8, b: 40 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("--soft"), size: 12 },
    xaxis: { ...grid, ...axes.x },
    yaxis: { ...grid, rangemode: "tozero", ...axes.y },
  };
  const line = { color: colour("--series-1"), width: 2 };
  Plotly.react(id, [{ mode: "lines+markers", line, ...trace }], layout, { displayModeBar: false, responsive: true });
}

function drawSpectra() {
  for (const { id, spectrum } of read("spectra")) {
    const place = document.getElementById(`chart-${id}`);
    if (!place.closest("details").open) continue;
    const trace = {
      x: spectrum.map((point) => `p${point.at}`),
      y: spectrum.map((point) => point.ms),
      hovertemplate: "%{x}: %{y:.2f} ms<extra></extra>",
    };
    draw(place.id, trace, { x: { type: "category" }, y: {} });
  }
}

function drawTrend() {
  const points = read("trend-points");
  if (!points.length) return;
  const trace = {
    x: points.map((point) => point.at),
    y: points.map((point) => point.value),
    text: points.map((point) => `${point.commit} ${point.title}`),
    hovertemplate: "%{text}<br>%{y:.3f}<extra></extra>",
  };
  draw("chart-trend", trace, { x: {}, y: {} });
}

function refresh() {
  drawSpectra();
  drawTrend();
  for (const details of board.querySelectorAll("details")) details.addEventListener("toggle", drawSpectra);
}

board.addEventListener("htmx:afterSwap", refresh);
dark.addEventListener("change", refresh);
refresh();
