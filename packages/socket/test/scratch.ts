import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ByteStream } from '@wirestack/socket';

/** A path for a Unix socket or a file, in a directory that goes with the test. */
export function scratchPath(name = 'x.sock'): string {
  const directory = mkdtempSync(join(tmpdir(), 'wirestack-'));
  onTestFinished(() => {
    rmSync(directory, { recursive: true });
  });
  return join(directory, name);
}

/** Closes with the test what it opened. */
export function disposed<T extends AsyncDisposable>(resource: T): T {
  onTestFinished(() => resource[Symbol.asyncDispose]());
  return resource;
}

/** Everything until the peer's end, as text. */
export async function textUntilEnd(stream: ByteStream): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  return text;
}

/** Waits for the peer to go, in order or not. */
export async function gone(stream: ByteStream): Promise<void> {
  await textUntilEnd(stream).catch(() => undefined);
}

/** Lets the event loop go round until `isTrue`; the test's own time limit guards it. */
export async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
