import { execFile } from 'node:child_process';

/**
 * Asks Python's `socket` module about many inputs in one process: `expression` is evaluated for each as `x`. Answers what JSON makes of the
 * value, bytes as a list of numbers, and `null` where it raises.
 */
export function askPython(expression: string, inputs: readonly unknown[]): Promise<unknown[]> {
  const script = `
import json, socket, sys
ask = eval('lambda x: ' + sys.argv[1])
def answer(x):
    try: value = ask(x)
    except (OSError, ValueError, OverflowError): return None
    return list(value) if isinstance(value, (bytes, tuple)) else value
json.dump([answer(x) for x in json.load(sys.stdin)], sys.stdout)
`;
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: 64 * 1024 * 1024, timeout: 50_000 };
    const child = execFile('python3', ['-c', script, expression], options, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as unknown[]);
      else reject(new Error('python3 failed', { cause: error }));
    });
    child.stdin?.end(JSON.stringify(inputs));
  });
}

/** What a call answers, `null` where it throws a `SocketUsageError` or `SocketError`: in the terms of {@link askPython}. */
export function answerOf(ask: () => Uint8Array | string | number): unknown {
  try {
    const value = ask();
    return typeof value === 'object' ? [...value] : value;
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('Socket')) return null;
    throw error;
  }
}
