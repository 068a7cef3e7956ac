import { EventEmitter } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { handleSignals, type SignalledServer } from '../../src/processes/handle-signals.ts';
import type { ProcessInfo } from '../../src/processes/process-server.ts';

const ready: ProcessInfo = { pid: 1, state: 'ready', since: 0 };

describe('handleSignals', () => {
  it.each(['SIGTERM', 'SIGINT'])('%s drains, with the time there is', async (signal) => {
    const { server, source, handling } = handled();
    source.emit(signal);
    await handling.ended;
    expect(vi.mocked(server.drain).mock.calls).toMatchObject([
      [{ timeoutMs: 7, signal: { aborted: false } }],
    ]);
    expect(server.close).not.toHaveBeenCalled();
  });

  it('a second one makes the drain short, and closes; a third is too many', async () => {
    const { server, source, handling } = handled();
    const drain = vi.mocked(server.drain).mockReturnValue(new Promise(() => undefined));
    source.emit('SIGTERM');
    source.emit('SIGINT');
    source.emit('SIGINT');
    await handling.ended;
    expect(drain.mock.lastCall?.[0]?.signal?.aborted).toBe(true);
    expect(server.close).toHaveBeenCalledOnce();
  });

  it('SIGHUP restarts what can, and drains what cannot', async () => {
    const one = handled();
    one.source.emit('SIGHUP');
    expect(one.server.restart).toHaveBeenCalledOnce();
    expect(one.server.drain).not.toHaveBeenCalled();
    const other = handled({ restart: undefined, resize: undefined });
    other.source.emit('SIGHUP');
    await other.handling.ended;
    expect(other.server.drain).toHaveBeenCalledOnce();
    // By themselves these two stop a process, as Ctrl-Z does.
    expect(other.source.listenerCount('SIGTTIN')).toBe(0);
  });

  it('SIGTTIN is a process more, SIGTTOU one less, but the last', () => {
    const { server, source } = handled({ processes: [ready, ready, { ...ready, state: 'draining' }] });
    source.emit('SIGTTIN');
    source.emit('SIGTTOU');
    expect(vi.mocked(server.resize!).mock.calls).toEqual([[3], [1]]);
    const last = handled({ processes: [ready] });
    last.source.emit('SIGTTOU');
    expect(last.server.resize).not.toHaveBeenCalled();
  });

  it('what fails is told, and the server serves on; once it drains nothing is begun', async () => {
    const { server, source, handling, errors } = handled();
    vi.mocked(server.restart!).mockRejectedValueOnce('broken');
    source.emit('SIGHUP');
    source.emit('SIGTERM');
    source.emit('SIGHUP');
    source.emit('SIGTTIN');
    await handling.ended;
    expect(errors).toEqual(['broken']);
    expect(server.restart).toHaveBeenCalledOnce();
    expect(server.resize).not.toHaveBeenCalled();
  });

  it('hears nothing after undo()', () => {
    const { source, handling } = handled();
    expect(source.eventNames()).toEqual(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGTTIN', 'SIGTTOU']);
    handling.undo();
    expect(source.eventNames()).toEqual([]);
  });
});

interface Handled {
  readonly server: SignalledServer;
  readonly source: EventEmitter;
  readonly errors: unknown[];
  readonly handling: ReturnType<typeof handleSignals>;
}

function handled(
  changes: { [Name in keyof SignalledServer]?: SignalledServer[Name] | undefined } = {},
): Handled {
  const source = new EventEmitter();
  const errors: unknown[] = [];
  const server = {
    drain: vi.fn(async () => undefined),
    close: vi.fn(async () => undefined),
    restart: vi.fn(async () => undefined),
    resize: vi.fn(async () => undefined),
    processes: [ready],
    ...changes,
  } as SignalledServer;
  const handling = handleSignals(server, { source, drainMs: 7, onError: (error) => errors.push(error) });
  return { server, source, errors, handling };
}
