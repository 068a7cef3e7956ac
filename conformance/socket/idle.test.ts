import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { connect, type Address, type SocketStream } from '@wirestack/socket';
import { Program } from '../support/program.ts';

interface Report {
  readonly dropped: number;
  readonly descriptors: number;
  readonly bytes: number;
}

const idle = 10_000;
const server = fileURLToPath(new URL('./idle-server.js', import.meta.url));
const peers = `
import resource, signal, socket, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
held = [socket.create_connection(('127.0.0.1', int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
print('open', flush=True)
signal.pause()
`;

const mostDescriptors = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'latin1' }).trim();
const areEnough = mostDescriptors === 'unlimited' || Number(mostDescriptors) > idle + 100;

test.skipIf(!areEnough)(
  `${String(idle)} idle peers cost little, keep nobody else waiting, and leave nothing`,
  async () => {
    const program = new Program('node', ['--expose-gc', server], { timeoutMs: 100_000 });
    onTestFinished(async () => void (await program.stop('SIGKILL')));
    const [line] = await program.says(/^\{.*\}$/m);
    const address = JSON.parse(line) as Address & { port: number };
    const control = await connect(address);
    const before = await report(control);

    const crowd = new Program('python3', ['-I', '-c', peers, String(address.port), String(idle)], {
      timeoutMs: 90_000,
    });
    await crowd.says(/^open$/m);
    // The last of them may still wait in the backlog.
    while ((await ask(control, 'count')) !== idle + 1);
    const during = await report(control);
    expect(during.dropped).toBe(0);
    expect((during.bytes - before.bytes) / idle).toBeLessThan(24_000);
    const late = await connect(address);
    await late.write('hello');
    expect(text(await late.read())).toBe('hello');
    await late.close();

    await crowd.stop('SIGKILL');
    while ((await ask(control, 'count')) !== 1);
    const after = await report(control);
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    await control.close();
  },
);

async function report(control: SocketStream): Promise<Report> {
  return (await ask(control, 'report')) as Report;
}

async function ask(control: SocketStream, what: string): Promise<unknown> {
  await control.write(what);
  return JSON.parse(text(await control.read())) as unknown;
}

function text(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
