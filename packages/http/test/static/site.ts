import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { expect, onTestFinished, vi } from 'vitest';
import type { HttpResponse } from '@wirestack/http';
import type { StaticHandler, StaticRequest } from '@wirestack/http/static';
import { turn } from '../server/harness.ts';

/** A directory that goes with the test, with these files in it. */
export function site(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'wirestack-static-')));
  onTestFinished(async () => {
    // Whatever a test asks, nothing stays open. Connections that were cut off may need a moment.
    for (let turns = 0; turns < 1000 && openUnder(root) > 0; turns++) await turn();
    const stillOpen = openUnder(root);
    rmSync(root, { recursive: true, force: true });
    expect(stillOpen).toBe(0);
  });
  for (const [path, content] of Object.entries(files)) put(root, path, content);
  return root;
}

export function put(root: string, path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Writes what is there already, in another tick of the file system's clock: what a look can see. */
export function change(root: string, path: string, content: string | Uint8Array, dates?: Date): void {
  const file = join(root, path);
  const { ctimeMs } = statSync(file);
  do {
    writeFileSync(file, content);
    if (dates !== undefined) utimesSync(file, dates, dates);
  } while (statSync(file).ctimeMs === ctimeMs);
}

/** An hour goes by: what was written before is settled, and may be kept. */
export function later(): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

export interface Reply {
  readonly status: number;
  /** By lower-case name; repeated ones joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  /** One character a byte. */
  readonly body: string;
}

/** Asks the handler itself, and reads the body to its end. */
export async function ask(
  handler: StaticHandler,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<Reply> {
  return replyOf(await handler(requestOf(target, headers, method)));
}

export function requestOf(
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): StaticRequest {
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  const query = at < 0 ? '' : target.slice(at + 1);
  return { method, path, query, headers: { get: (name) => headers[name] } };
}

export async function replyOf(response: HttpResponse): Promise<Reply> {
  const headers: Record<string, string> = {};
  for (const [name, value] of response.headers ?? []) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]!}, ${value}` : value;
  }
  return { status: response.status, headers, body: (await bytesOf(response)).toString('latin1') };
}

export async function bytesOf({ body }: HttpResponse): Promise<Buffer> {
  if (body === undefined) return Buffer.alloc(0);
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body as string);
  const pieces: Buffer[] = [];
  if ('file' in body) {
    const { file, start = 0, length } = body;
    const buffer = Buffer.alloc(length);
    const { bytesRead } = await file.read(buffer, 0, length, start);
    await file.close();
    return buffer.subarray(0, bytesRead);
  }
  for await (const piece of body) pieces.push(Buffer.from(piece as string));
  return Buffer.concat(pieces);
}

/** How many descriptors of this process are of files under `directory`. Linux. */
export function openUnder(directory: string): number {
  return readdirSync('/proc/self/fd').filter((descriptor) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`);
      return path === directory || path.startsWith(directory + sep);
    } catch {
      return false; // The one that read the listing.
    }
  }).length;
}
