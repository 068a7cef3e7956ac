import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Runs a program to its end and gives what it printed; what it says on stderr and a status besides 0 are errors. */
export async function run(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('latin1').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('latin1').on('data', (text: string) => (output.stderr += text));
  child.stdin.on('error', () => undefined).end(input, 'latin1');
  const status = await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (status !== 0) throw new Error(`${program} ended with ${String(status)}: ${output.stderr}`);
  return output.stdout;
}
