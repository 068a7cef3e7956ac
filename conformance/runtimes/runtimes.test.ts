import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { host, installRuntimes, runBy, runtimes } from '../support/runtimes.ts';
import { deviations } from './deviations.js';
import { plan } from './plan.js';
import { Report } from './report.ts';

const program = fileURLToPath(new URL('./behaviour.js', import.meta.url));
/** Of the whole program: several times what it takes on two slow cores that others use, too. */
const deadlineMs = 180_000;

const titles = plan.flatMap(({ group, cases }) => cases.map(({ name }) => `${group} › ${name}`));

let reports: ReadonlyMap<string, Promise<Report>>;

beforeAll(async () => {
  await installRuntimes();
  // Two at a time: each uses a core, and the one that waits leaves its own to the other.
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
  reports = new Map(
    runtimes.map((runtime, index) => {
      const report = (lanes[index % 2] as Promise<unknown>).then(async () => {
        return new Report(await runBy(runtime, program, ['--runtime', runtime.name], deadlineMs));
      });
      lanes[index % 2] = report.catch(() => undefined);
      return [runtime.name, report];
    }),
  );
}, 300_000);

describe.each(runtimes)('$name', ({ name }) => {
  const known = deviations.filter(({ runtime }) => runtime === name);

  test('runs every case that the others run, and ends', { timeout: 2 * deadlineMs }, async () => {
    const report = await reportOf(name);
    expect([...report.outcomes.keys()]).toEqual(titles);
    expect([...report.outcomes.keys()]).toEqual([...(await reportOf(host.name)).outcomes.keys()]);
    const failed = report.failures.length;
    expect(report.remarks).toEqual([
      'TAP version 14',
      `1..${String(titles.length)}`,
      `# ${String(titles.length - failed)} passed, ${String(failed)} failed`,
      '',
    ]);
    expect(report.ended.code).toBe(failed === 0 ? 0 : 1);
  });

  test.each(plan)('$group', { timeout: 2 * deadlineMs }, async ({ group }) => {
    const { outcomes } = await reportOf(name);
    const inGroup = titles.filter((title) => title.startsWith(`${group} › `));
    const listed = new Set(known.flatMap(({ cases }) => cases));
    const sometimes = new Set(known.filter(({ isSure }) => isSure === false).flatMap(({ cases }) => cases));
    const faults = inGroup
      .filter((title) => !listed.has(title) && (!outcomes.has(title) || outcomes.get(title) !== undefined))
      .map((title) => `${title}\n${outcomes.get(title) ?? 'was not run'}`);
    expect(faults).toEqual([]);
    const mended = inGroup.filter((title) => listed.has(title) && outcomes.get(title) === undefined);
    expect(
      mended.filter((title) => !sometimes.has(title)),
      'these pass now: remove them from deviations.js',
    ).toEqual([]);
  });
});

describe('deviations.js', () => {
  test('names runtimes and cases that there are, each once', () => {
    const names = deviations.flatMap(({ runtime, cases }) => cases.map((title) => `${runtime}: ${title}`));
    const there = ['node20', ...runtimes.map(({ name }) => name)].flatMap((name) =>
      titles.map((title) => `${name}: ${title}`),
    );
    expect(names.filter((name) => !there.includes(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('is what docs/runtimes.md shows', () => {
    const docs = readFileSync(new URL('../../docs/runtimes.md', import.meta.url), 'utf8');
    const [, table = ''] = /<!-- deviations\.js -->\n([^]*?)<!-- end -->/.exec(docs) ?? [];
    const rows = table.split('\n').filter((line) => line.startsWith('|'));
    const cellsOf = (row: string): string[] =>
      row.split(' | ').map((cell) => cell.replace(/^\|\s*|\s*\|?$/g, '').trim());
    const titleOf: Record<string, string> = { bun: 'Bun', deno: 'Deno' };
    expect(rows.slice(2).map(cellsOf)).toEqual(
      deviations.map(({ runtime, seen, reason }) => [
        titleOf[runtime] ?? runtime.replace('node', 'Node '),
        seen,
        reason,
      ]),
    );
  });
});

function reportOf(name: string): Promise<Report> {
  const report = reports.get(name);
  if (report === undefined) throw new Error(`${name} was not run`);
  return report;
}
