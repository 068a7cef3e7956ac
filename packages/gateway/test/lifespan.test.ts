import { describe, expect, it, onTestFinished } from 'vitest';
import {
  keepLifespan,
  makeServer,
  mount,
  serveScgi,
  startApplication,
  textResponse,
  withLifespan,
  type Application,
} from '@wirestack/gateway';
import { connect } from '@wirestack/socket';
import { ask, gate } from './peer.ts';

const ok: Application = (_environ, startResponse) => textResponse(startResponse, '200 OK');

/** An application that writes down when it starts and stops. */
function living(name: string, log: string[], fault: { start?: Error; stop?: Error } = {}): Application {
  return withLifespan((environ, startResponse) => ok(environ, startResponse), {
    start: () => {
      log.push(`start ${name}`);
      if (fault.start !== undefined) throw fault.start;
    },
    stop: () => {
      log.push(`stop ${name}`);
      if (fault.stop !== undefined) throw fault.stop;
    },
  });
}

describe('a lifespan', () => {
  it('begins before the server listens, and ends behind the last answer', async () => {
    const log: string[] = [];
    const ready = gate();
    const app = withLifespan(
      async (environ, startResponse) => {
        log.push('request');
        ready.open();
        await new Promise((resolve) => setImmediate(resolve));
        return ok(environ, startResponse);
      },
      { start: () => void log.push('start'), stop: () => void log.push('stop') },
    );
    const server = await makeServer('127.0.0.1:0', app);
    expect(log).toEqual(['start']);
    const reply = ask(server.address, 'GET /');
    await ready.promise;
    await server.drain();
    expect((await reply).status).toBe(200);
    expect(log).toEqual(['start', 'request', 'stop']);
  });

  it('ends once, however often the server is drained and closed', async () => {
    const log: string[] = [];
    const server = await makeServer('127.0.0.1:0', living('a', log));
    await Promise.all([server.drain(), server.close(), server.close()]);
    expect(log).toEqual(['start a', 'stop a']);
  });

  it('that does not begin keeps the server from listening, and is not ended', async () => {
    const log: string[] = [];
    const fault = new Error('no database');
    await expect(makeServer('127.0.0.1:0', living('a', log, { start: fault }))).rejects.toBe(fault);
    expect(log).toEqual(['start a']);
  });

  it('ends where the server cannot listen', async () => {
    const log: string[] = [];
    const first = await makeServer('127.0.0.1:0', ok);
    onTestFinished(() => first.close());
    await expect(makeServer(first.address, living('a', log))).rejects.toMatchObject({ code: 'IN_USE' });
    expect(log).toEqual(['start a', 'stop a']);
  });

  it('is passed on by what is made of applications: in order, and back', async () => {
    const log: string[] = [];
    const twice = living('twice', log);
    const app = mount({ '/a': twice, '/b': living('b', log), '/c': twice, '/': ok });
    const stop = await startApplication(withLifespan(app, { start: () => void log.push('start outer') }));
    await stop();
    expect(log).toEqual(['start twice', 'start b', 'start outer', 'stop b', 'stop twice']);
  });

  it('costs applications nothing that have none', () => {
    const made: Application = (environ, startResponse) => ok(environ, startResponse);
    expect(keepLifespan(ok, made)).toBe(made);
    expect(made.lifespan).toBeUndefined();
  });

  it('undoes what had begun where a later one fails', async () => {
    const log: string[] = [];
    const fault = new Error('b is not there');
    const app = mount({
      '/a': living('a', log),
      '/b': living('b', log, { start: fault }),
      '/c': living('c', log),
    });
    await expect(startApplication(app)).rejects.toBe(fault);
    expect(log).toEqual(['start a', 'start b', 'stop a']);
  });

  it('ends all, also where one does not end well', async () => {
    const log: string[] = [];
    const fault = new Error('b cannot stop');
    const app = mount({ '/a': living('a', log), '/b': living('b', log, { stop: fault }) });
    const stop = await startApplication(app);
    await expect(stop()).rejects.toBe(fault);
    expect(log).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });
});

describe('behind a front server', () => {
  it('a lifespan ends with the drain', async () => {
    const log: string[] = [];
    const server = await serveScgi('127.0.0.1:0', living('a', log));
    expect(log).toEqual(['start a']);
    await server.drain();
    expect(log).toEqual(['start a', 'stop a']);
  });

  it('close() leaves open streams alone: the application is stopped behind the last', async () => {
    const stopped = gate();
    const app = withLifespan(ok, { stop: stopped.open });
    const server = await serveScgi('127.0.0.1:0', app);
    const peer = await connect(server.address);
    await peer.write('1');
    while (server.connections === 0) await new Promise((resolve) => setImmediate(resolve));
    await server.close();
    let isStopped = false;
    void stopped.promise.then(() => (isStopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isStopped).toBe(false);
    peer.abort();
    await stopped.promise;
  });
});
