// The bearer token: from the fragment of the address, for as long as the tab lives.

const KEY = "airsonde.token";
const SHAPE = /^[A-Za-z0-9_-]{16,256}$/;

export const isToken = (text: string): boolean => SHAPE.test(text);

export const token = {
  get value(): string | null {
    return sessionStorage.getItem(KEY);
  },
  set value(text: string | null) {
    if (text === null) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, text);
  },
};

/** Take `#token=…` out of the address, so that it is neither shown nor shared. */
export function takeFromAddress(): void {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found === null) return;
  if (isToken(found)) token.value = found;
  history.replaceState(null, "", location.pathname);
}
