// What a view is to the frame around it.

import type { Origin } from "./contract";
import type { World } from "./world";

export interface View {
  /** fragment behind "#/" */
  readonly path: string;
  readonly title: string;
  readonly icon: readonly string[];
  /** path of the API without which the view is not offered */
  readonly needs: string;
  /** topics of the stream besides those that every view hears */
  readonly topics: readonly string[];
  readonly element: HTMLElement;
  /** Draw what is known; called before a picture when something changed and the view is seen. */
  update(): void;
  /** `rest` is what follows the view's own path in the fragment. */
  shown?(rest: string | null): void;
  hidden?(): void;
  /** How real what is shown is, where that is not as real as the sources are. */
  origin?(): Origin | null;
}

export interface Context {
  readonly world: World;
  /** Do something that needs the write token, after asking for it where it is missing. */
  write(what: string, action: () => Promise<void>): Promise<void>;
  /** Say something for a few seconds. */
  tell(text: string, bad?: boolean): void;
}
