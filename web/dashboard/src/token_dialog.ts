// Asks for a token where the agent wants one.

import { h, say } from "./dom";
import { get } from "./rest";
import { isToken, token } from "./token";

/** What the person gave is tried before the dialog closes; false when it was dismissed. */
export function askForToken(
  why: string,
  good: (health: { writable: boolean }) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const input = h("input", {
      type: "password",
      autocomplete: "off",
      spellcheck: "false",
      id: "token",
    });
    const fault = h("p", { class: "fault", role: "alert" });
    const close = (done: boolean): void => {
      dialog.close();
      dialog.remove();
      resolve(done);
    };
    const submit = async (event: Event): Promise<void> => {
      event.preventDefault();
      const refused = await tried(input.value.trim(), good);
      if (refused === null) close(true);
      else say(fault, refused);
    };
    const form = h(
      "form",
      { onsubmit: (event) => void submit(event) },
      h("h2", { id: "token-title" }, why),
      h(
        "p",
        {},
        "airsonde run prints the address with the token when it starts in a terminal, and keeps the token in its folder as write-token.",
      ),
      h("label", { for: "token" }, "Token"),
      input,
      fault,
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", class: "quiet", onclick: () => close(false) }, "Not now"),
        h("button", { type: "submit" }, "Use it"),
      ),
    );
    const dialog = h(
      "dialog",
      { "aria-labelledby": "token-title", oncancel: () => close(false) },
      form,
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

async function tried(
  text: string,
  good: (health: { writable: boolean }) => boolean,
): Promise<string | null> {
  if (!isToken(text)) return "A token has 16 to 256 letters, digits, - and _.";
  const before = token.value;
  token.value = text;
  const health = await get<{ writable: boolean }>("/health").catch(() => null);
  if (health !== null && good(health)) return null;
  token.value = before;
  return health === null ? "The agent does not know this token." : "This token may only read.";
}
