// The WebSocket: resumes where it was, and says on the page how things stand.

import { forgetToken, session } from "./session.js";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 5000;
const ENDED = [4401, 4403];

export class Live {
  // `since`: the number of the newest event that the page knows.
  // `onEvent(event)` for each one; `onLive()` when nothing is missed; `onRefetch()` when the log
  // cannot say what was missed.
  constructor({ since, streams, onEvent, onLive = () => {}, onRefetch }) {
    Object.assign(this, { since, streams, onEvent, onLive, onRefetch });
    this.failures = 0;
    this.socket = null;
    this.liveAt = null;
    addEventListener("offline", () => this.drop());
    addEventListener("online", () => this.connect());
    this.connect();
  }

  async connect() {
    clearTimeout(this.retry);
    if (this.socket !== null) return;
    this.socket = "opening";
    try {
      this.open(await session());
    } catch {
      this.lost();
    }
  }

  open({ access, websocket_url: address, expires_at: end }) {
    const query = new URLSearchParams({ since: this.since, streams: this.streams });
    const socket = new WebSocket(`${address}?${query}`, ["fynlo.v1", `bearer.${access}`]);
    this.socket = socket;
    socket.onmessage = ({ data }) => this.socket === socket && this.hear(JSON.parse(data));
    socket.onclose = ({ code }) => {
      if (this.socket !== socket) return;
      if (ENDED.includes(code)) forgetToken();
      this.lost();
    };
    this.watch(10_000);
    clearTimeout(this.renewing);
    this.renewing = setTimeout(() => this.renew(), Date.parse(end) - Date.now() - 45_000);
  }

  hear(message) {
    this.watch();
    switch (message.type) {
      case "hello":
        this.patience = message.heartbeat_s * 2000 + 5000;
        break;
      case "event":
        this.since = Math.max(this.since, message.seq);
        this.onEvent(message);
        break;
      case "refetch":
        this.onRefetch();
        break;
      case "live":
        this.failures = 0;
        this.say("live", "Live");
        this.onLive();
        break;
    }
  }

  // Silence longer than two heartbeats is a lost connection that nobody told us of.
  watch(patience = this.patience) {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.drop(), patience);
  }

  async renew() {
    const socket = this.socket;
    try {
      const { access, expires_at: end } = await session();
      if (this.socket !== socket) return;
      socket.send(JSON.stringify({ type: "auth", token: access }));
      this.renewing = setTimeout(() => this.renew(), Date.parse(end) - Date.now() - 45_000);
    } catch {
      this.drop();
    }
  }

  drop() {
    const socket = this.socket;
    if (socket instanceof WebSocket) {
      this.socket = null;
      socket.close();
      this.lost();
    }
  }

  lost() {
    this.socket = null;
    clearTimeout(this.silence);
    clearTimeout(this.renewing);
    const place = document.getElementById("connection");
    if (place.dataset.state !== "lost") {
      const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
      this.say("lost", `No connection. As of ${time}; trying again…`);
    }
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.failures += 1;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.connect(), wait * (0.75 + Math.random() / 2));
  }

  say(state, text) {
    const place = document.getElementById("connection");
    place.dataset.state = state;
    place.textContent = text;
    document.documentElement.dataset.connection = state;
  }
}
