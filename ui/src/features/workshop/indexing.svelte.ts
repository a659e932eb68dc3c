// The folders that are read into the index of code; they are read on while another screen is looked at.
import { t } from "@/i18n/index.svelte";
import { keep, kept } from "@/shell/kept";
import { live } from "@/shell/live.svelte";
import { toasts } from "@/shell/toasts.svelte";
import { Failure, luna } from "@/transport";

export interface Progress {
  files: number;
  of: number;
}

class Indexing {
  /** How far each is, by repository. */
  going = $state.raw<Record<string, Progress>>({});

  constructor() {
    live.listen((event) => {
      if (event.type === "code_indexed" && event.repository in this.going) this.#set(event.repository, { files: event.files, of: event.of });
    });
  }

  /** The folder that was read into a repository, as far as this window knows. */
  folderOf(repository: string): string {
    return kept(`code.${repository}`);
  }

  async read(folder: string, named: string): Promise<boolean> {
    const repository = named || (folder.split(/[\\/]/).filter(Boolean).at(-1) ?? folder);
    this.#set(repository, { files: 0, of: 0 });
    try {
      const done = await luna.call("code.index", { folder, repository });
      keep(`code.${repository}`, folder);
      toasts.show(t().codeSearch.done(done.repository, done.files - done.unchanged, done.removed));
      return true;
    } catch (thrown) {
      if (Failure.of(thrown).kind !== "cancelled") toasts.failed(thrown);
      return false;
    } finally {
      const { [repository]: _, ...rest } = this.going;
      this.going = rest;
    }
  }

  async stop(repository: string): Promise<void> {
    try {
      await luna.call("code.stop_indexing", { repository });
    } catch (thrown) {
      toasts.failed(thrown);
    }
  }

  #set(repository: string, progress: Progress): void {
    this.going = { ...this.going, [repository]: progress };
  }
}

export const indexing = new Indexing();
