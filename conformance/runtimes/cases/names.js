// @ts-check
import assert from 'node:assert/strict';
import { formatAddress, parseAddress, socketPair } from '@wirestack/socket';
import { capture, CaptureFile } from '@wirestack/socket/capture';
import {
  getHostByName,
  getHostName,
  getServiceByName,
  htons,
  inetNtop,
  inetPton,
} from '@wirestack/socket/names';
import { gone, rejects } from '../talking.js';

/** @type {import('../case.js').Case[]} */
export const names = [
  {
    name: 'addresses are read, and written again',
    run: async () => {
      for (const address of ['127.0.0.1:80', '[::1]:80', 'unix:/run/x.sock']) {
        assert.equal(formatAddress(parseAddress(address)), address);
      }
      assert.throws(() => parseAddress('tcp://127.0.0.1:65536'), { code: 'BAD_ADDRESS' });
    },
  },
  {
    name: 'the names of this machine, of services, and the bytes of addresses',
    run: async () => {
      assert.equal(await getHostByName('localhost'), '127.0.0.1');
      await rejects(getHostByName(`${'x'.repeat(64)}.invalid`), 'NOT_FOUND');
      assert.notEqual(getHostName(), '');
      assert.equal(getServiceByName('http', 'tcp'), 80);
      assert.equal(inetNtop('ipv6', inetPton('ipv6', '2001:db8::0:1')), '2001:db8::1');
      assert.match(String(htons(1)), /^(1|256)$/);
    },
  },
  {
    name: 'what goes through a stream is captured as pcapng',
    run: async () => {
      /** @type {Uint8Array[]} */
      const chunks = [];
      const file = new CaptureFile({ write: async (bytes) => chunks.push(bytes) });
      const [a, b] = socketPair();
      const captured = capture(a, file, { role: 'client' });
      await captured.write('seen');
      await captured.close();
      await gone(b);
      await b.close();
      await file.flush();
      const whole = Buffer.concat(chunks);
      assert.equal(whole.readUInt32LE(0), 0x0a0d0d0a);
      assert.ok(whole.includes('seen'));
    },
  },
];
