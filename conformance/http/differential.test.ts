import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../support/program.ts';
import { Comparison } from './differential/comparison.ts';
import { readByCore } from './differential/core.ts';
import type { Peer } from './differential/differences.ts';
import { pythonOfH11 } from './differential/h11.ts';
import type { Reader } from './differential/normal-form.ts';
import { main } from './differential/main.ts';
import { Random } from './differential/random.ts';
import { requestCase } from './differential/request-cases.ts';
import { OurServer } from './differential/server.ts';
import { sides, type SideName } from './differential/sides.ts';
import { rowsIn, rowsOf } from './differential/table.ts';

const document = new URL('../../docs/http-differences.md', import.meta.url);

beforeAll(async () => {
  const { code } = await run(pythonOfH11, ['-I', '-c', 'import h11']);
  expect(code, 'python3-h11 is not installed').toBe(0);
});

describe.each(Object.keys(sides) as SideName[])('%s, as node:http and h11 read them', (name) => {
  const { differences, generate, ours, start } = sides[name];
  let peers: ReadonlyMap<Peer, Reader>;
  let comparison: Comparison;

  beforeAll(async () => {
    peers = await start();
    comparison = new Comparison(ours, peers, differences);
  });

  afterAll(async () => {
    await Promise.all(Array.from(peers.values(), (peer) => peer.close()));
  });

  test.each([
    ['the same as ever', 1, 1500],
    ['others each time', randomInt(2 ** 31), 500],
  ])(
    'no disagreement but those that are explained, in cases that are %s: seed %i',
    async (_name, seed, cases) => {
      const { refused, unexplained } = await comparison.run(generate, seed, cases);
      const shown = unexplained
        .slice(0, 1)
        .map(async (found) => [found.kind, await comparison.shrink(found)]);
      expect(await Promise.all(shown)).toEqual([]);
      // Of no use, if all of them were right, or all of them wrong.
      expect(refused / cases).toBeGreaterThan(0.4);
      expect(refused / cases).toBeLessThan(0.9);
    },
  );

  test.each(differences.map((difference) => [difference.name, difference] as const))(
    'the example of %s shows it, and nothing else',
    async (_name, { name: wanted, example, asked = 'GET' }) => {
      const found = await comparison.evidence({ bytes: example, cuts: [], method: asked });
      expect(found.length).toBeGreaterThan(0);
      expect(found.map((evidence) => comparison.explanation(evidence)?.name)).toEqual(
        found.map(() => wanted),
      );
    },
  );

  test.each([
    ['', false],
    [', departures', true],
  ])(`docs/http-differences.md says what is found now: ${name}%s`, async (section, departs) => {
    const rows = differences.filter((difference) => (difference.departs ?? false) === departs);
    expect(await rowsIn(document, name + section)).toEqual(await rowsOf(rows, ours, peers));
  });
});

test('createServer reads over a socket what its core reads', async () => {
  const server = new OurServer();
  await server.start();
  const random = new Random(7);
  for (let i = 0; i < 300; i++) {
    const input = requestCase(random);
    const { messages, ending } = readByCore(input);
    const requests = messages.map(({ method, target, version, body }) => ({ method, target, version, body }));
    const isRefused = ending.kind === 'error';
    expect(await server.read(input), JSON.stringify(input)).toEqual({ requests, isRefused });
  }
  await server.close();
});

test('the command runs a number of cases and says what it met', async () => {
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  expect(await main(['--cases', '100', '--seed', '3', '--of', 'responses'])).toBe(0);
  log.mockRestore();
  expect(said[0]).toMatch(/^100 cases in [\d.]+ s, \d+ of them refused, seed 3$/);
});
