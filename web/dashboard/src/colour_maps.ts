// Colours of the waterfall as tables of 256 entries of packed ABGR, interpolated in linear steps.

/** Dark to bright, rising evenly in lightness: for amplitudes. */
const RISING = [
  "#070b14",
  "#10214a",
  "#133f6b",
  "#0f6379",
  "#128a7f",
  "#3fb27a",
  "#8fd36b",
  "#e2ee8a",
  "#fffbe0",
];
/** The same colour at both ends: for angles. */
const ROUND = [
  "#e8e3ea",
  "#8fa9d6",
  "#4a5cb8",
  "#3a1f6e",
  "#2a1238",
  "#6d1f4f",
  "#b54a52",
  "#dba590",
  "#e8e3ea",
];

export const SIZE = 256;
export const RISING_TABLE = table(RISING);
export const ROUND_TABLE = table(ROUND);

function table(stops: readonly string[]): Uint32Array {
  const colours = stops.map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
  const made = new Uint32Array(SIZE);
  for (let i = 0; i < SIZE; i++) {
    const place = (i / (SIZE - 1)) * (stops.length - 1);
    const low = Math.min(stops.length - 2, Math.floor(place));
    const mixed = (channel: number): number => {
      const [a, b] = [colours[low]?.[channel] ?? 0, colours[low + 1]?.[channel] ?? 0];
      return Math.round(a + (b - a) * (place - low));
    };
    made[i] = ((255 << 24) | (mixed(2) << 16) | (mixed(1) << 8) | mixed(0)) >>> 0;
  }
  return made;
}
