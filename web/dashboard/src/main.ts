// Puts the page together and follows the address.

import "./style/style.css";
import { Captures } from "./captures";
import { Events } from "./events";
import { Link } from "./link";
import { Memory } from "./memory";
import { MeshView } from "./mesh";
import { Now } from "./now";
import { ApiError, paths } from "./rest";
import { Shell } from "./shell";
import { Signal } from "./signal";
import { Start } from "./start";
import { Stream } from "./stream";
import { applyTheme } from "./theme";
import { takeFromAddress } from "./token";
import { askForToken } from "./token_dialog";
import type { Context, View } from "./view";
import { World } from "./world";

const ALWAYS = [
  "calibrations",
  "captures",
  "events",
  "link",
  "rooms",
  "sources",
  "status",
  "windows",
];

class Page {
  private readonly world = new World();
  private readonly shell = new Shell(this.world);
  private readonly stream = new Stream(this.world);
  private views: View[] = [];
  private current: View | null = null;
  private asked = false;

  async begin(): Promise<void> {
    const context: Context = {
      world: this.world,
      tell: (text, bad) => this.shell.tell(text, bad),
      write: (what, action) => this.write(what, action),
    };
    this.stream.open();
    const offered = [Now, Signal, Events, Link, MeshView, Memory, Captures, Start].map(
      (view) => new view(context),
    );
    const known = await paths();
    this.views = offered.filter((view) => known === null || known.has(view.needs));
    this.shell.offer(this.views);
    addEventListener("hashchange", () => this.follow());
    this.world.onChange(() => this.update());
    setInterval(() => this.world.changed(), 1000);
    this.follow();
  }

  /** Show what the fragment names: "#/path" or "#/path/rest". */
  private follow(): void {
    const [path, rest] = location.hash.replace(/^#\//, "").split("/");
    const view = this.views.find((one) => one.path === path) ?? this.views[0];
    if (view === undefined) return;
    if (view !== this.current) {
      this.current?.hidden?.();
      this.current = view;
      this.shell.show(view);
      this.stream.subscribe([...ALWAYS, ...view.topics]);
      scrollTo(0, 0);
    }
    view.shown?.(rest ?? null);
    this.update();
  }

  private update(): void {
    this.shell.update();
    this.current?.update();
    if (this.world.state === "refused") void this.askToRead();
    else if (this.world.connected) this.asked = false;
  }

  private async askToRead(): Promise<void> {
    if (this.asked) return;
    this.asked = true;
    if (await askForToken("The agent wants a token", () => true)) this.stream.open();
  }

  private async write(what: string, action: () => Promise<void>): Promise<void> {
    if (!this.world.writable) {
      if (!(await askForToken(`${what} needs the write token`, (health) => health.writable)))
        return;
      this.stream.open();
    }
    try {
      await action();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.shell.tell(`${what} failed: ${error.message}`, true);
    }
  }
}

applyTheme();
takeFromAddress();
void new Page().begin();
