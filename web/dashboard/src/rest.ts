// Requests to the agent's REST API.

import type { Fault, Listing } from "./contract";
import { token } from "./token";

const BASE = "/api/v1";

/** What the agent, or the way to it, refused. `status` is 0 when nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly fault: Fault,
  ) {
    super(fault.remedy === null ? fault.message : `${fault.message}; ${fault.remedy}`);
  }
}

const UNREACHABLE: Fault = {
  code: "unreachable",
  message: "the agent does not answer",
  remedy: "is airsonde run still running?",
};

async function answer(method: string, path: string, body?: unknown): Promise<Response> {
  const headers: Record<string, string> = {};
  if (token.value !== null) headers["Authorization"] = `Bearer ${token.value}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const request = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
  const response = await fetch(BASE + path, request).catch(() => null);
  if (response === null) throw new ApiError(0, UNREACHABLE);
  if (!response.ok) throw new ApiError(response.status, await faultOf(response));
  return response;
}

async function faultOf(response: Response): Promise<Fault> {
  const said: { error?: Fault } = await response.json().catch(() => ({}));
  const unsaid = { code: "failed", message: `the agent answers ${response.status}`, remedy: null };
  return said.error ?? unsaid;
}

export async function get<T>(path: string): Promise<T> {
  return (await answer("GET", path)).json() as Promise<T>;
}

export async function send<T>(method: "POST" | "PATCH", path: string, body?: unknown): Promise<T> {
  return (await answer(method, path, body)).json() as Promise<T>;
}

export async function remove(path: string): Promise<void> {
  await answer("DELETE", path);
}

/** All pages of a list, at most `pages` of them. */
export async function all<T>(path: string, pages = 4): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  for (let page = 0; page < pages; page++) {
    const cursor: string = after === null ? "" : `${path.includes("?") ? "&" : "?"}after=${after}`;
    const listing: Listing<T> = await get<Listing<T>>(path + cursor);
    items.push(...listing.items);
    after = listing.next;
    if (after === null) break;
  }
  return items;
}

/** Save a file of the agent as `name`. */
export async function download(path: string, name: string): Promise<void> {
  const url = URL.createObjectURL(await (await answer("GET", path)).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Paths that the agent has, from its own description; null where it does not say. */
export async function paths(): Promise<Set<string> | null> {
  const document = await get<{ paths: Record<string, unknown> }>("/openapi.json").catch(() => null);
  if (document === null) return null;
  return new Set(Object.keys(document.paths).map((path) => path.replace(BASE, "")));
}
