// The page's way to the API: a bearer token that lives in memory alone.

let known = null;

const csrf = () => document.querySelector('meta[name="csrf-token"]').content;

export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? "This did not work. Try again.");
    this.problem = problem;
    this.status = status;
  }
}

// A token good for another minute at least; `{access, expires_at, websocket_url, permissions}`.
export async function session() {
  if (known === null || Date.parse(known.expires_at) - Date.now() < 60_000) {
    const response = await fetch("/screens/token/", {
      method: "POST",
      headers: { "X-CSRFToken": csrf() },
    });
    if (response.status === 401) {
      location.reload();
      await new Promise(() => {});
    }
    if (!response.ok) throw new Error(`token: ${response.status}`);
    known = await response.json();
  }
  return known;
}

export function forgetToken() {
  known = null;
}

// Calls the API. `key`: the Idempotency-Key, where the same press must not count twice.
export async function call(method, path, body = {}, key = crypto.randomUUID()) {
  const { access } = await session();
  const headers = { Authorization: `Bearer ${access}` };
  if (method !== "GET") headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = key;
  const response = await fetch(`/api/v1/${path}`, {
    method,
    headers,
    body: method === "GET" ? undefined : JSON.stringify(body),
  });
  if (response.status === 401) forgetToken();
  const answer = response.status === 204 ? null : await response.json();
  if (!response.ok) throw new Refused(answer, response.status);
  return answer;
}

let clearing;

// A sentence at the foot of the page, read out too.
export function notice(text, forMs = 6000) {
  const place = document.getElementById("notices");
  place.textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => place.replaceChildren(), forMs);
}

// Does it, and says why when it is refused, or that there is no connection.
export async function attempt(work, alone = "Not saved: there is no connection.") {
  try {
    return await work();
  } catch (error) {
    notice(error instanceof Refused ? error.message : alone);
    return null;
  }
}
