import { run, type Environ } from '@wirestack/gateway';
import { describe, expect, test } from 'vitest';
import { streaming } from '../src/streaming.ts';

/** The parts of the page, as the server would get them. */
async function partsOf(signal: AbortSignal, onPart: () => void = () => undefined): Promise<string[]> {
  const app = streaming({ parts: 3, intervalMs: 0 });
  const environ = { SCRIPT_NAME: '/here/stream', 'wirestack.signal': signal } as unknown as Environ;
  const parts: string[] = [];
  for await (const part of (await run(app, environ)).body as AsyncIterable<string>) {
    parts.push(part);
    onPart();
  }
  return parts;
}

describe('the streaming page', () => {
  test('comes in one piece for its head, one for each part and one for its end', async () => {
    const parts = await partsOf(new AbortController().signal);
    expect(parts).toHaveLength(5);
    expect(parts[0]).toContain('href="/here/static/style.css"');
    expect(parts.slice(1, 4).map((part) => /part \d of 3/.exec(part)?.[0])).toEqual([
      'part 1 of 3',
      'part 2 of 3',
      'part 3 of 3',
    ]);
    expect(parts[4]).toContain('</html>');
  });

  test('ends in the middle when the client leaves', async () => {
    const leaving = new AbortController();
    let count = 0;
    const parts = await partsOf(leaving.signal, () => {
      if (++count === 2) leaving.abort();
    });
    expect(parts).toHaveLength(2);
  });
});
