import type { Output } from '../context.ts';
import { byteCount, duration } from '../messages.ts';

/** Oftener than this nobody can read. */
const intervalMs = 100;

/** One line that is drawn over itself as bytes go by; nothing where there is no terminal. */
export class ProgressBar {
  readonly #screen: Output;
  readonly #isHidden: boolean;
  readonly #now: () => number;
  #startedAt = -1;
  #drawnAt = -Infinity;
  #isDrawn = false;
  /** Bytes that were there before. */
  offset = 0;

  constructor(screen: Output, isHidden: boolean, now: () => number = () => performance.now()) {
    this.#screen = screen;
    this.#isHidden = isHidden || screen.isTTY !== true;
    this.#now = now;
  }

  /** @param total bytes in all, where they are known */
  show(verb: string, bytes: number, total: number | undefined): void {
    if (this.#isHidden) return;
    const now = this.#now();
    if (this.#startedAt < 0) this.#startedAt = now;
    if (now - this.#drawnAt < intervalMs) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    const seconds = (now - this.#startedAt) / 1000;
    const line = progressLine(verb, bytes, total, seconds, this.offset, this.#screen.columns ?? 80);
    this.#screen.write(`\r\x1b[K${line}`);
  }

  /** The line is free again. */
  clear(): void {
    if (this.#isDrawn) this.#screen.write('\r\x1b[K');
    this.#isDrawn = false;
  }
}

/** What is shown, in `columns` at most: ` 42 %  [####------]  4.2 MB of 10.0 MB  1.0 MB/s  0:06 left`. */
export function progressLine(
  verb: string,
  bytes: number,
  total: number | undefined,
  seconds: number,
  offset: number,
  columns: number,
): string {
  const rate = seconds > 0 ? bytes / seconds : 0;
  const speed = rate > 0 ? `  ${byteCount(rate)}/s` : '';
  if (total === undefined || total === 0)
    return `${byteCount(offset + bytes)} ${verb}${speed}`.slice(0, columns - 1);
  const share = Math.min(1, (offset + bytes) / (offset + total));
  const left = rate > 0 ? `  ${duration((total - bytes) / rate)} left` : '';
  const text = `${byteCount(offset + bytes)} of ${byteCount(offset + total)}${speed}${left}`;
  const percent = `${String(Math.floor(100 * share)).padStart(3)} %`;
  const width = Math.min(30, columns - 1 - percent.length - text.length - 6);
  if (width < 5) return `${percent}  ${text}`.slice(0, columns - 1);
  const full = Math.round(width * share);
  return `${percent}  [${'#'.repeat(full)}${'-'.repeat(width - full)}]  ${text}`;
}
