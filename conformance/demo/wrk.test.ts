import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DemoProcess } from '../support/demo.ts';
import { isInstalled, output } from '../support/program.ts';

describe.skipIf(!isInstalled('wrk'))('wrk', () => {
  let demo: DemoProcess;

  beforeAll(async () => {
    demo = await DemoProcess.start();
  });

  afterAll(async () => {
    await demo.stop();
  });

  // What is asserted is that nothing goes wrong under load. How fast it is belongs to bench/.
  test.each(['/hello', '/', '/static/mark.png'])(
    'gets nothing but good answers from %s on 32 connections',
    async (path) => {
      const report = await output('wrk', [
        '--threads',
        '1',
        '--connections',
        '32',
        '--duration',
        '2',
        demo.site + path,
      ]);
      expect(Number(/(\d+) requests in/.exec(report)?.[1])).toBeGreaterThan(32);
      expect(report).not.toMatch(/Socket errors|Non-2xx/);
    },
  );
});
