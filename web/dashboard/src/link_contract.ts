// The JSON of the link, as docs/reference/api.md describes it. Unknown is null.

import type { Ns, Origin } from "./contract";

export interface Delay {
  air_ms: number | null;
  queue_ms: number | null;
  wan_ms: number | null;
}

export interface PastDelay extends Delay {
  told_ns: Ns;
  ifname: string;
}

export interface LinkInterface {
  name: string;
  kind: string;
  driver: string | null;
  connected: boolean | null;
  ap: {
    bssid: string;
    ssid: string | null;
    freq_mhz: number | null;
    signal_dbm: number | null;
  } | null;
  bitrate_mbit: number | null;
  channel_busy: number | null;
  on_battery: boolean | null;
  delay: Delay;
  candidates: number;
}

export interface Changed {
  kind: string;
  target: string;
  before: unknown;
  now: unknown;
}

export interface Because {
  policy: string;
  rule: string;
  blocked_by: string[];
  saw: Record<string, number | string | boolean | null>;
}

export interface Decision {
  at: string;
  t_ns: Ns;
  ifname: string | null;
  action: string | null;
  bandwidth_mbit: number | null;
  direction: string | null;
  adaptive_rx: boolean | null;
  enabled: boolean | null;
  bssid: string | null;
  outcome: string | null;
  note: string | null;
  because: Because | null;
}

export interface Link {
  enabled: boolean;
  mode: "off" | "watch" | "run";
  paused: boolean;
  reason: string | null;
  origin: Origin;
  told_ns: Ns | null;
  version: string | null;
  preset: string | null;
  dry_run: boolean | null;
  interfaces: LinkInterface[];
  changed: Changed[];
  files: string[];
  refused: { what: string[]; reason: string }[];
  missing: string[];
  complaints: string[];
  decisions: Decision[];
}

export interface Explanation {
  reasons: Record<string, Because[]>;
  decisions: Decision[];
  origin: Origin;
}
