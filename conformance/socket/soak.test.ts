import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { run } from '../support/program.ts';

interface Left {
  readonly descriptors: number;
  readonly resources: string[];
  readonly heapUsed: number;
  readonly external: number;
}

interface Report {
  readonly opened: Record<'connected' | 'accepted', number>;
  readonly ended: Record<'connected' | 'accepted', number>;
  readonly kinds: Record<string, number>;
  readonly faults: string[];
  readonly before: Left;
  readonly warmed: Left;
  readonly after: Left;
}

const program = fileURLToPath(new URL('./soak.js', import.meta.url));

/** `SOAK_CONNECTIONS=200000` for the long run, which takes some minutes. */
const connections = process.env['SOAK_CONNECTIONS'] ?? '20000';
const timeoutMs = 30_000 + 10 * Number(connections);

/** For what the engine keeps of code that it compiles later: less than 10 bytes a connection in the long run. */
const allowedBytes = 2_000_000;

test(
  `${connections} connections that end at every stage leave nothing behind`,
  { timeout: timeoutMs + 10_000 },
  async () => {
    const ended = await run('node', ['--expose-gc', program, connections], { timeoutMs });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    const report = JSON.parse(ended.stdout) as Report;
    const { before, warmed, after } = report;
    expect(report.faults).toEqual([]);
    expect(Object.keys(report.kinds)).toHaveLength(16);
    // Some are given up before they are connected, and some turned away.
    expect(report.opened.connected).toBeGreaterThan(0.7 * Number(connections));
    expect(report.opened.accepted).toBeGreaterThan(0.5 * Number(connections));
    expect(report.ended).toEqual(report.opened);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.resources).toEqual(before.resources);
    expect(after.heapUsed - warmed.heapUsed).toBeLessThan(allowedBytes);
    expect(after.external - warmed.external).toBeLessThan(allowedBytes);
  },
);
