import type { StoredFile } from './stored-file.ts';

/**
 * Files whose answers are ready, by the path of the URL, in bounded memory. What was not used lately goes first: each has a second chance, so
 * that a hit costs a flag and no reordering.
 */
export class AnswerCache {
  readonly #limitBytes: number;
  readonly #files = new Map<string, StoredFile>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** About. */
  get bytes(): number {
    return this.#bytes;
  }

  get(path: string): StoredFile | undefined {
    const file = this.#files.get(path);
    if (file !== undefined) file.wasUsed = true;
    return file;
  }

  set(path: string, file: StoredFile): void {
    this.delete(path);
    file.costBytes += 2 * path.length;
    if (file.costBytes > this.#limitBytes) return;
    this.#files.set(path, file);
    this.#bytes += file.costBytes;
    file.onGrowth = (bytes) => {
      this.#bytes += bytes;
      this.#shrink();
    };
    this.#shrink();
  }

  delete(path: string): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    this.#files.delete(path);
    this.#bytes -= file.costBytes;
    file.onGrowth = undefined;
  }

  #shrink(): void {
    for (const [path, file] of this.#files) {
      if (this.#bytes <= this.#limitBytes) return;
      if (file.wasUsed) {
        file.wasUsed = false;
        this.#files.delete(path);
        this.#files.set(path, file);
      } else {
        this.delete(path);
      }
    }
  }
}
