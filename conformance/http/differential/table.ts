import { readFile } from 'node:fs/promises';
import { inWords, type Difference, type Peer } from './differences.ts';
import type { Reader, Reading } from './normal-form.ts';
import type { Case } from './request-cases.ts';

/** Rows of docs/http-differences.md: what each reader makes of an example, as it is found now. */
export async function rowsOf(
  differences: readonly Difference[],
  ours: (input: Case) => Reading,
  peers: ReadonlyMap<Peer, Reader>,
): Promise<string[][]> {
  const rows: string[][] = [];
  for (const { name, example, asked = 'GET', why, source } of differences) {
    const input = { bytes: example, cuts: [], method: asked };
    const theirs = await Promise.all(
      Array.from(peers.values(), async (peer) => inWords(await peer.read(input))),
    );
    rows.push([name, shown(example), inWords(ours(input)), ...theirs, why, source]);
  }
  return rows;
}

export function markdown(rows: readonly (readonly string[])[]): string {
  const head = ['what', 'bytes', 'ours', 'node:http', 'h11', 'why', 'source'];
  return [head, head.map(() => '---'), ...rows]
    .map((row) => `| ${row.map(escaped).join(' | ')} |\n`)
    .join('');
}

/** The cells of a table in the document, whatever the spaces around them. */
export async function rowsIn(file: URL, section: string): Promise<string[][]> {
  const text = await readFile(file, 'utf8');
  const table = text.split(`<!-- ${section} -->`)[1]?.split('<!-- end -->')[0] ?? '';
  const lines = table.trim().split('\n').slice(2);
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
}

/** As it would be written in a program; what repeats is cut short. */
function shown(bytes: string): string {
  const text = JSON.stringify(bytes).slice(1, -1).replaceAll('\\"', '"');
  return `\`${text.replace(/A{20,}/, (run) => `A…(${String(run.length)})`)}\``;
}

function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|');
}
