import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { onTestFinished } from 'vitest';

/** A directory that goes with the test. */
export function scratch(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'wirestack-')));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

/** How many descriptors of this process are of files under `directory`. Linux. */
export function openUnder(directory: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(directory + sep);
    } catch {
      return false; // The one that read the listing.
    }
  }).length;
}
