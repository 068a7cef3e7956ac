import { createServer, type AddressInfo } from 'node:net';
import { clientOf, jsonRpc, Peer, RpcFault, service, type RpcClient } from '@wirestack/rpc';
import { connect, SocketError, type ByteStream } from '@wirestack/socket';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isInstalled, Program } from '../support/program.ts';

/** What is asked of the server here, of the Language Server Protocol 3.17. */
interface LanguageServer {
  initialize(params: object): { capabilities: Record<string, unknown>; serverInfo?: { name: string } };
  initialized(params: object): void;
  'textDocument/didOpen'(params: { textDocument: object }): void;
  'textDocument/hover'(params: object): { contents: unknown } | null;
  'textDocument/completion'(params: object): { items: { label: string }[] };
  'textDocument/definition'(params: object): { uri: string; range: { start: { line: number } } }[];
  'no/suchMethod'(params: object): unknown;
  shutdown(): null;
  exit(): void;
}

interface Diagnostics {
  readonly uri: string;
  readonly diagnostics: readonly { message: string; range: { start: { line: number } } }[];
}

const uri = 'file:///tmp/größe.py';
const text = [
  'def größe(x):',
  '    """Doubles «x»."""',
  '    return x * 2',
  '',
  'größe(1)',
  'import os',
  'größe(',
  '',
].join('\n');

/** A port nothing listens on just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Connects as soon as the program listens, which it does not tell; its end ends the wait. */
async function whenListening(port: number, program: Program): Promise<ByteStream> {
  const end = new AbortController();
  const ended = (): void => {
    end.abort();
  };
  program.ended().then(ended, ended);
  for (;;) {
    try {
      return await connect(`tcp://127.0.0.1:${String(port)}`);
    } catch (error) {
      if (!(error instanceof SocketError && error.code === 'REFUSED')) throw error;
      if (end.signal.aborted) throw new Error(`pylsp ended: ${program.stderr}`, { cause: error });
    }
  }
}

describe.skipIf(!isInstalled('pylsp'))('a session with the language server pylsp', () => {
  let program: Program;
  let peer: Peer;
  let client: RpcClient<LanguageServer>;
  const errors: unknown[] = [];
  let tellDiagnostics: (told: Diagnostics) => void;
  const diagnostics = new Promise<Diagnostics>((resolve) => {
    tellDiagnostics = resolve;
  });

  beforeAll(async () => {
    const port = await freePort();
    program = new Program('pylsp', ['--tcp', '--host', '127.0.0.1', '--port', String(port)], {
      timeoutMs: 110_000,
    });
    peer = new Peer(
      await whenListening(port, program),
      jsonRpc({ framing: 'content-length', params: 'named' }),
      {
        service: service({
          'textDocument/publishDiagnostics': (told: Diagnostics) => {
            tellDiagnostics(told);
          },
        }),
        onError: (error) => errors.push(error),
      },
    );
    client = clientOf<LanguageServer>(peer);
  });

  afterAll(async () => {
    peer.abort();
    await program.stop('SIGKILL').catch(() => undefined);
  });

  it('initializes', async () => {
    const { capabilities, serverInfo } = await client.initialize({
      processId: process.pid,
      rootUri: null,
      capabilities: {},
    });
    expect(serverInfo?.name).toBe('pylsp');
    expect(capabilities).toHaveProperty('hoverProvider', true);
    await client.initialized.notify({});
  });

  it('is told of a document, and publishes its diagnostics', async () => {
    const textDocument = { uri, languageId: 'python', version: 1, text };
    await client['textDocument/didOpen'].notify({ textDocument });
    const told = await diagnostics;
    expect(decodeURI(told.uri)).toBe(uri);
    expect(Array.isArray(told.diagnostics)).toBe(true);
  });

  it('answers what stands under the cursor, where it is defined and what may follow', async () => {
    const position = { textDocument: { uri }, position: { line: 4, character: 2 } };
    // Sent at once, and answered in whatever order suits the server.
    const [hover, definition, completion] = await Promise.all([
      client['textDocument/hover'](position),
      client['textDocument/definition'](position),
      client['textDocument/completion']({ ...position, position: { line: 4, character: 3 } }),
    ]);
    expect(JSON.stringify(hover)).toContain('Doubles «x».');
    expect(definition).toMatchObject([{ range: { start: { line: 0 } } }]);
    expect(completion.items.map(({ label }) => label).join()).toContain('größe');
  });

  it('knows that a method is not there', async () => {
    const call = client['no/suchMethod']({});
    await expect(call).rejects.toBeInstanceOf(RpcFault);
    await expect(call).rejects.toMatchObject({ code: -32601 });
  });

  it('shuts down, exits, and has sent nothing that makes no sense', async () => {
    expect(await client.shutdown()).toBeNull();
    await client.exit.notify();
    await peer.closed;
    expect(errors).toEqual([]);
    expect(peer.pending).toBe(0);
  });
});
