import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '@wirestack/socket';
import { describe, expect, it } from 'vitest';
import { moduleApplication } from '../../src/processes/module-application.ts';
import { serveProcesses, type ProcessesOptions } from '../../src/processes/process-server.ts';
import { scratch } from '../scratch.ts';
import { applicationUrl, ask, child, serving } from './serving.ts';

describe('serveProcesses', () => {
  it('serves in several processes, in each of which the application starts and stops', async () => {
    const log = join(scratch(), 'log');
    writeFileSync(log, '');
    const server = await serving({ processes: 2, child: { ...child, env: { LIFESPAN_LOG: log } } });
    expect(readFileSync(log, 'utf8')).toBe('start\nstart\n');
    expect(server.state).toBe('ready');
    const { pid, multiprocess, isDraining } = await ask(server);
    expect({ multiprocess, isDraining }).toEqual({ multiprocess: true, isDraining: false });
    expect(server.processes).toMatchObject([{ state: 'ready' }, { state: 'ready' }]);
    const stats = await server.stats();
    expect([...stats.keys()]).toEqual(server.processes.map((each) => each.pid));
    expect(stats.get(pid)).toMatchObject({ requests: 1 });
    const drained = server.drain();
    expect(server.state).toBe('draining');
    await drained;
    expect(server.state).toBe('closed');
    expect(readFileSync(log, 'utf8')).toBe('start\nstart\nstop\nstop\n');
  });

  it('a drain tells the application before it stops accepting, and answers what is under way', async () => {
    const server = await serving({ drainDelayMs: 300 });
    const underWay = ask(server, '/until-draining');
    const { multiprocess } = await ask(server);
    expect(multiprocess).toBe(false);
    const drained = server.drain();
    expect(await underWay).toMatchObject({ isDraining: true });
    expect(await ask(server)).toMatchObject({ isDraining: true });
    await drained;
    await expect(ask(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('a request that a process dies of is lost, and the next one answered by another', async () => {
    const errors: unknown[] = [];
    const server = await serving({ processes: 2, onProcessError: (error) => errors.push(error) });
    await expect(ask(server, '/exit')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await ask(server)).toMatchObject({ multiprocess: true });
    expect(errors).toMatchObject([{ name: 'WorkerExitError', exitCode: 7 }]);
  });

  it('speaks to a front server where it is told to', async () => {
    const server = await serving({ protocol: 'scgi' });
    const client = await connect(server.address);
    const variables = ['CONTENT_LENGTH', '0', 'SCGI', '1', 'PATH_INFO', '/x', ''].join('\0');
    await client.write(`${String(variables.length)}:${variables},`);
    let answer = '';
    for await (const chunk of client) answer += Buffer.from(chunk).toString();
    expect(answer).toMatch(/^Status: 200 OK\r\n/);
    expect((await server.stats()).get(server.processes[0]!.pid)).toMatchObject({ requests: 1 });
    await client.close();
  });

  it.each([
    [{ processes: -1 }, 'processes is -1'],
    [{ processes: 1.5 }, 'processes is 1.5'],
    [{ drainDelayMs: -1 }, 'drainDelayMs is -1'],
    [{ startTimeoutMs: NaN }, 'startTimeoutMs is NaN'],
    [{ observe: { requestEnded: () => undefined } }, 'observe cannot go to another process'],
    [{ tls: { cert: '', key: '', sni: () => undefined } }, 'tls cannot go to another process'],
    [{ clock: new Map() }, 'clock cannot go to another process'],
  ])('%o is refused', async (options, why) => {
    const app = moduleApplication(applicationUrl('hello.ts'));
    const refused = serveProcesses('127.0.0.1:0', app, options as ProcessesOptions);
    await expect(refused).rejects.toThrow(TypeError);
    await expect(refused).rejects.toThrow(why);
  });

  it('an application that is no moduleApplication is refused', async () => {
    await expect(serveProcesses('127.0.0.1:0', () => [])).rejects.toThrow('give moduleApplication(');
  });

  it('rejects with what the module threw', async () => {
    await expect(serving({}, applicationUrl('exports.ts'), 'number')).rejects.toThrow('number of');
  });
});
