import type { Stats } from 'node:fs';

/**
 * What tells one version of one file from all others, as far as a look can tell. The inode number says that it is the same file, the time of change
 * that nobody wrote to it: a program can set the time of modification, but not that of change. Times are doubles, to a quarter of a microsecond.
 */
export interface Identity {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

export function identityOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): Identity {
  return { dev, ino, size, mtimeMs, ctimeMs };
}

export function isSame(one: Identity, other: Identity): boolean {
  return (
    one.ino === other.ino &&
    one.ctimeMs === other.ctimeMs &&
    one.mtimeMs === other.mtimeMs &&
    one.size === other.size &&
    one.dev === other.dev
  );
}

/**
 * Whether every later change shows in the identity. Clocks of file systems tick, at 1 to 10 ms on Linux, at two seconds on FAT: a file that
 * is written twice within a tick looks the same. So a look counts only where the last change is longer ago than a tick; git calls
 * the others racy. A file from the future, of a server whose clock is ahead, never settles, and is read each time.
 */
export function isSettled({ ctimeMs, mtimeMs }: Identity, now: number): boolean {
  return now - ctimeMs >= settleMs && Math.abs(now - mtimeMs) >= settleMs;
}

export const settleMs = 2000;
