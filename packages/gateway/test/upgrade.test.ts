import { describe, expect, it } from 'vitest';
import {
  mount,
  run,
  setupTestingDefaults,
  textResponse,
  UpgradeBody,
  type Application,
} from '@wirestack/gateway';
import { ask, dial, exchange, gate, serving, until, untilEnd } from './peer.ts';

const upgradeFields = ['Connection: Upgrade', 'Upgrade: echo'];
const request = `GET /echo HTTP/1.1\r\nHost: test\r\n${upgradeFields.join('\r\n')}\r\n\r\n`;

/** Sends back what comes, in capitals. */
const echo: Application = (environ, startResponse) => {
  const upgrade = environ['wirestack.upgrade'];
  if (upgrade === undefined)
    return textResponse(startResponse, '426 Upgrade Required', [['Upgrade', 'echo']]);
  startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
  return upgrade(async (stream) => {
    for await (const chunk of stream) await stream.write(Buffer.from(chunk).toString().toUpperCase());
  });
};

describe('wirestack.upgrade', () => {
  it('gives the application the connection, with what came behind the request in front', async () => {
    const { address } = await serving(mount({ '/echo': echo }));
    const peer = await dial(address);
    await peer.write(`${request}early `);
    const head = await until(peer, 'EARLY ');
    expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
    expect(head).toContain('Upgrade: echo\r\nConnection: Upgrade\r\n\r\nEARLY ');
    await peer.write('late');
    expect(await until(peer, 'LATE')).toContain('LATE');
    await peer.shutdown('write');
    expect(await peer.read()).toBeUndefined();
  });

  it('serves a tunnel that CONNECT asks for', async () => {
    const { address } = await serving((environ, startResponse) => {
      startResponse('200 OK', []);
      return environ['wirestack.upgrade']!(async (stream) => {
        await stream.write(`to ${environ.REQUEST_URI}`);
      });
    });
    const reply = await exchange(address, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n');
    expect(reply.raw).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nto a:1$/);
  });

  it('is not there where the client asks for nothing, which 426 may say', async () => {
    const { address } = await serving(echo);
    const reply = await ask(address, 'GET /');
    expect(reply.status).toBe(426);
    expect(reply.header('upgrade')).toBe('echo');
  });

  it('closes the body once, when the connection is over or broken', async () => {
    for (const fault of [undefined, new Error('the application broke it')]) {
      let closes = 0;
      const over = gate();
      const { address, errors } = await serving((_environ, startResponse) => {
        startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
        const body = new UpgradeBody(() => (fault === undefined ? Promise.resolve() : Promise.reject(fault)));
        body.close = () => {
          closes++;
          over.open();
          return Promise.resolve();
        };
        return body;
      });
      const peer = await dial(address);
      await peer.write(request);
      await over.promise;
      await untilEnd(peer).catch(() => undefined);
      expect(closes).toBe(1);
      expect(errors).toEqual(fault === undefined ? [] : [fault]);
    }
  });

  it('closes the body where the client did not ask: 500', async () => {
    const closed = gate();
    const { address, errors } = await serving((_environ, startResponse) => {
      startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
      const body = new UpgradeBody(() => Promise.resolve());
      body.close = () => {
        closed.open();
        return Promise.resolve();
      };
      return body;
    });
    expect((await ask(address, 'GET /')).status).toBe(500);
    await closed.promise;
    expect(errors).toMatchObject([{ code: 'BAD_STATE' }]);
  });

  it('is the only body of a 101', async () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('101 Switching Protocols', [['Upgrade', 'echo']]);
      return ['text'];
    };
    expect(() => run(app, setupTestingDefaults())).toThrow(expect.objectContaining({ code: 'BAD_BODY' }));
  });

  it('is what the field Upgrade may stand for, besides 426: not in other responses', () => {
    const app: Application = (_environ, startResponse) => {
      startResponse('200 OK', [['Upgrade', 'echo']]);
      return [''];
    };
    expect(() => run(app, setupTestingDefaults())).toThrow(expect.objectContaining({ code: 'HOP_BY_HOP' }));
  });
});
