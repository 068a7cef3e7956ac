import { readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * Calls `onChange` once a file under `directory` has changed, and again for what changes while its promise is pending. What comes in one turn of events is one
 * change. Dependencies, and names with a dot in front, are not looked at. Returns what ends it.
 */
export function watchDirectory(directory: string, onChange: (file: string) => Promise<void>): () => void {
  let isBusy = false;
  let changed: string | undefined;
  const advance = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    while (changed !== undefined) {
      const file = changed;
      // Editors write a file in several steps: those that are in the same turn are one change.
      await new Promise<void>((resolve) => setImmediate(resolve));
      changed = undefined;
      await onChange(file);
    }
    isBusy = false;
  };
  const tree = new WatchedTree((path) => {
    changed = relative(directory, path);
    void advance();
  });
  tree.add(directory);
  return () => {
    tree.close();
  };
}

/** A watcher for each directory: the `recursive` of Node has one for each file on Linux, those of dependencies included. */
class WatchedTree {
  readonly #onChange: (path: string) => void;
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(onChange: (path: string) => void) {
    this.#onChange = onChange;
  }

  add(directory: string): void {
    if (this.#watchers.has(directory)) return;
    const watcher = watch(directory, { persistent: false }, (_event, name) => {
      if (name !== null && isSource(name)) this.#changed(join(directory, name));
    });
    const forget = (): void => {
      watcher.close();
      this.#watchers.delete(directory);
    };
    // It was removed.
    watcher.on('error', forget);
    this.#watchers.set(directory, watcher);
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory() && isSource(entry.name)) this.add(join(directory, entry.name));
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close();
  }

  #changed(path: string): void {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) {
      // One of this name may have been there before.
      this.#watchers.get(path)?.close();
      this.#watchers.delete(path);
      this.add(path);
    }
    this.#onChange(path);
  }
}

function isSource(name: string): boolean {
  return name !== 'node_modules' && !name.startsWith('.');
}
