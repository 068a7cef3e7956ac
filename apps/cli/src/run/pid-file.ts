import { readFileSync, unlinkSync, writeFileSync } from 'node:fs';

/** Writes this process's id, for scripts that send it signals; answers what removes the file, unless another process has written it since. */
export function writePid(path: string): () => void {
  const text = `${String(process.pid)}\n`;
  writeFileSync(path, text);
  return () => {
    try {
      if (readFileSync(path, 'utf8') === text) unlinkSync(path);
    } catch {
      // Somebody has removed it.
    }
  };
}
