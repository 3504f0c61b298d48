// Elements without a framework: made once, then changed where something changed.

type Child = Node | string | null;
type Attribute = string | number | boolean | null | ((event: Event) => void);

/** An element; `on…` are listeners, false and null leave an attribute out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function drawn(
  tag: string,
  attributes: Record<string, string | number | boolean> = {},
  ...children: Child[]
): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A drawing of 24 × 24 units made of stroked paths. */
export function icon(...paths: string[]): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/** Set text only where it differs, so that selections and screen readers are left in peace. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Set or remove an attribute only where it differs. */
export function mark(element: Element, name: string, value: string | boolean): void {
  if (value === false) element.removeAttribute(name);
  else if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
}

export interface Part<T> {
  element: HTMLElement;
  update(item: T): void;
  close?(): void;
}

/** Children of one element, one for each item, made once and kept by key. */
export class Keyed<T> {
  private parts = new Map<string, Part<T>>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly key: (item: T) => string,
    private readonly make: (item: T) => Part<T>,
  ) {}

  update(items: readonly T[]): void {
    const wanted = new Set(items.map(this.key));
    for (const [key, part] of this.parts) {
      if (wanted.has(key)) continue;
      part.close?.();
      part.element.remove();
      this.parts.delete(key);
    }
    items.forEach((item, i) => {
      const part = this.part(item);
      part.update(item);
      if (this.parent.children[i] !== part.element) {
        this.parent.insertBefore(part.element, this.parent.children[i] ?? null);
      }
    });
  }

  private part(item: T): Part<T> {
    const key = this.key(item);
    const made = this.parts.get(key) ?? this.make(item);
    this.parts.set(key, made);
    return made;
  }
}
