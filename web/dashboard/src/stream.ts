// The WebSocket: opens, subscribes, notices silence, and opens again by itself.

import type { Message } from "./contract";
import { ApiError, get } from "./rest";
import { token } from "./token";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 5000;
const SILENCE_MS = 5000;
const OPENING_MS = 8000;

export type Link = "connecting" | "open" | "lost" | "refused";

export interface Listener {
  message(message: Message): void;
  rows(message: ArrayBuffer): void;
  link(state: Link): void;
}

export class Stream {
  private socket: WebSocket | null = null;
  private topics: readonly string[] = [];
  private waitMs = FIRST_WAIT_MS;
  private retry = 0;
  private watchdog = 0;

  constructor(private readonly listener: Listener) {
    addEventListener("online", () => this.open());
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.socket === null) this.open();
    });
  }

  /** Ask for these topics now and after every reconnection. */
  subscribe(topics: readonly string[]): void {
    this.topics = topics;
    if (this.socket?.readyState === WebSocket.OPEN) this.ask();
  }

  /** Open, or open anew with the present token. */
  open(): void {
    clearTimeout(this.retry);
    this.drop();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const offered = ["airsonde.v1", ...(token.value === null ? [] : [`bearer.${token.value}`])];
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream`, offered);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.heard(event.data);
    socket.onclose = () => void this.closed();
    this.socket = socket;
    this.listen(OPENING_MS);
  }

  private opened(): void {
    this.waitMs = FIRST_WAIT_MS;
    this.listener.link("open");
    this.ask();
  }

  private ask(): void {
    this.socket?.send(JSON.stringify({ op: "subscribe", topics: this.topics }));
  }

  private heard(message: string | ArrayBuffer): void {
    this.listen(SILENCE_MS);
    if (typeof message === "string") this.listener.message(JSON.parse(message) as Message);
    else this.listener.rows(message);
  }

  /** The status comes every second; longer silence is a connection that is gone. */
  private listen(ms: number): void {
    clearTimeout(this.watchdog);
    this.watchdog = window.setTimeout(() => void this.closed(), ms);
  }

  private drop(): void {
    clearTimeout(this.watchdog);
    if (this.socket === null) return;
    this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket.close();
    this.socket = null;
  }

  private async closed(): Promise<void> {
    this.drop();
    clearTimeout(this.retry);
    this.retry = window.setTimeout(() => this.open(), this.waitMs);
    this.waitMs = Math.min(LONGEST_WAIT_MS, this.waitMs * 1.7);
    this.listener.link("lost");
    if ((await refusal()) && this.socket === null) this.listener.link("refused");
  }
}

/** A browser does not say why a WebSocket was refused; a plain request does. */
async function refusal(): Promise<boolean> {
  try {
    await get("/health");
    return false;
  } catch (error) {
    return error instanceof ApiError && error.status === 401;
  }
}
