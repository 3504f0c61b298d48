// Light, dark or as the system says; and the colours of the page for those who draw.

const KEY = "airsonde.theme";
type Theme = "system" | "light" | "dark";
const ORDER: readonly Theme[] = ["system", "light", "dark"];

const DARK = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let colours = new Map<string, string>();

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** Put the theme in force on the page. */
export function applyTheme(): void {
  const dark = theme() === "dark" || (theme() === "system" && DARK.matches);
  document.documentElement.dataset["theme"] = dark ? "dark" : "light";
  colours = new Map();
  for (const listener of listeners) listener();
}

export function nextTheme(): Theme {
  const next = ORDER[(ORDER.indexOf(theme()) + 1) % ORDER.length] ?? "system";
  localStorage.setItem(KEY, next);
  applyTheme();
  return next;
}

export function onTheme(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The present value of a custom property such as "--muted". */
export function colour(name: string): string {
  let value = colours.get(name);
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    colours.set(name, value);
  }
  return value;
}

DARK.addEventListener("change", applyTheme);
