// What to plug in, what to click, and what to write down, for a person who sees this first.

import type { Source } from "./contract";
import { h, mark, say } from "./dom";
import type { Context, View } from "./view";

interface Way {
  title: string;
  price: string;
  steps: string[];
  toml: string;
}

const WAYS: readonly Way[] = [
  {
    title: "An ESP32 on USB",
    price: "the simplest",
    steps: [
      "Flash Espressif's esp-csi csi_recv example (or ESP32-CSI-Tool) onto the board.",
      "Plug it in. It appears as /dev/ttyUSB0 or /dev/ttyACM0.",
      "Write this into airsonde.toml and start the agent with it.",
    ],
    toml: '[sources.desk]\nkind = "serial"\nfamily = "esp32"\npath = "/dev/ttyUSB0"\nbaud = 921600\nroom = "living"',
  },
  {
    title: "A Raspberry Pi with nexmon",
    price: "80 MHz, 256 subcarriers",
    steps: [
      "Install nexmon_csi on a Pi 3B+, 4 or 5 and arm it on your access point's channel.",
      "Let it send its UDP packets to this machine, port 5500.",
      "Write this into airsonde.toml and start the agent with it.",
    ],
    toml: '[sources.hall]\nkind = "udp"\nfamily = "nexmon"\nport = 5500\nroom = "hall"',
  },
  {
    title: "ESP32 nodes over the network",
    price: "no cable to this machine",
    steps: [
      "Point the nodes' firmware at this machine, UDP port 5005.",
      "Allow that port in the firewall.",
      "Write this into airsonde.toml and start the agent with it.",
    ],
    toml: '[sources.nodes]\nkind = "udp"\nfamily = "esp32"\nport = 5005\nroom = "office"',
  },
];

const CHECKS: Partial<Record<Source["kind"], string>> = {
  udp: "nothing comes. Is the sender armed, does it send to this machine, and does a firewall drop the port?",
  serial: "nothing comes. Is the baud rate right, and is the board in range of traffic?",
};
const whatToCheck = (source: Source): string => CHECKS[source.kind] ?? "nothing comes from it";

const RUN = "airsonde run airsonde.toml";

export class Start implements View {
  readonly path = "start";
  readonly title = "Set up";
  readonly icon = ["M12 3v9", "M8 7v5a4 4 0 0 0 8 0V7", "M8 7V3M16 7V3", "M12 16v5"];
  readonly needs = "/sources";
  readonly topics: readonly string[] = [];
  private readonly state = h("p", { class: "lead", role: "status" });
  private readonly problems = h("ul", { class: "problems" });
  readonly element: HTMLElement;

  constructor(private readonly context: Context) {
    this.element = h(
      "section",
      { class: "view start" },
      h("h1", {}, "From here to your own room"),
      this.state,
      this.problems,
      h("div", { class: "ways" }, ...WAYS.map((way) => this.card(way))),
      h(
        "div",
        { class: "card then" },
        h("h2", {}, "Then"),
        h(
          "ol",
          {},
          h("li", {}, "Start it: ", h("code", {}, RUN)),
          h(
            "li",
            {},
            "The room appears under ",
            h("a", { href: "#/now" }, "Now"),
            ", its signal under ",
            h("a", { href: "#/signal" }, "Signal"),
            ".",
          ),
          h(
            "li",
            {},
            "Leave the room and press Calibrate: presence is judged against the empty room.",
          ),
          h(
            "li",
            {},
            "Raw signals of live sources stay in the agent unless airsonde.toml says ",
            h("code", {}, "[agent.privacy] raw_on_wire = true"),
            ".",
          ),
        ),
      ),
    );
  }

  update(): void {
    const { world } = this.context;
    const live = [...world.sources.values()].filter((s) => s.origin === "live");
    const hearing = live.filter((s) => s.state === "hearing").length;
    const count = live.length === 1 ? "One live source is" : `${live.length} live sources are`;
    const some = `${count} configured, ${hearing === 0 ? "none" : hearing} heard.`;
    say(
      this.state,
      live.length === 0 ? "Nothing live is configured. Choose one of three ways to begin." : some,
    );
    const troubled = live.filter((s) => s.state === "silent" || s.state === "waiting");
    this.problems.replaceChildren(
      ...troubled.map((s) =>
        h("li", {}, h("strong", {}, s.source_id), ` is ${s.state}: ${s.reason ?? whatToCheck(s)}`),
      ),
    );
    mark(this.problems, "hidden", troubled.length === 0);
  }

  private card(way: Way): HTMLElement {
    const copy = h(
      "button",
      {
        class: "quiet",
        onclick: () => void this.copy(way.toml),
        "aria-label": `Copy the settings for ${way.title}`,
      },
      "Copy",
    );
    return h(
      "article",
      { class: "card way" },
      h("h2", {}, way.title),
      h("p", { class: "price" }, way.price),
      h("ol", {}, ...way.steps.map((step) => h("li", {}, step))),
      h(
        "div",
        { class: "snippet" },
        h("pre", { tabindex: 0, "aria-label": `Settings for ${way.title}` }, way.toml),
        copy,
      ),
    );
  }

  private async copy(text: string): Promise<void> {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    this.context.tell(
      done ? "Copied" : "This browser does not let pages copy; select the text",
      !done,
    );
  }
}
