// How wide the window is, and which parts of the frame are folded away.
import { MediaQuery } from "svelte/reactivity";
import { keep, kept } from "./kept";

class Layout {
  /** No room for a list beside the page: it becomes a drawer, or a strip. */
  readonly narrow = new MediaQuery("max-width: 759px", false);
  /** No room for an inspector beside the page: it covers. */
  readonly tight = new MediaQuery("max-width: 1079px", false);

  drawer = $state(false);
  #list = $state(kept("list") !== "folded");
  #rail = $state(kept("rail") === "wide");

  get list(): boolean {
    return this.narrow.current ? this.drawer : this.#list;
  }

  get wideRail(): boolean {
    return this.#rail;
  }

  toggleList(): void {
    if (this.narrow.current) {
      this.drawer = !this.drawer;
    } else {
      this.#list = !this.#list;
      keep("list", this.#list ? "" : "folded");
    }
  }

  toggleRail(): void {
    this.#rail = !this.#rail;
    keep("rail", this.#rail ? "wide" : "");
  }
}

export const layout = new Layout();
