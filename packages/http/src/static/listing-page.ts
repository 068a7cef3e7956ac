import type { Directory, Entry } from './directory.ts';
import { isoDate, type Order } from './listing-order.ts';
import { style } from './listing-style.ts';

export interface Page {
  /** The path of the URL that the root is at, decoded, with a slash at either end: there is nothing to see above it. */
  readonly top: string;
  /** Of the directories down to this one. */
  readonly names: readonly string[];
  readonly directory: Directory;
  readonly order: Order;
}

/** The page, piece by piece: 10,000 names are some megabytes. */
export function* listingPage(page: Page): Generator<string, void, undefined> {
  const { directory, order, top, names } = page;
  const { entries } = directory;
  const shown = visible(`${top}${names.map((name) => `${name}/`).join('')}`);
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(shown)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#names">Skip to the names</a>
<main>
<h1>${heading(page)}</h1>
<p>${summary(directory)}</p>
<table id="names" tabindex="-1">
<caption>Contents of ${escaped(shown)}</caption>
<thead>
<tr>${columns.map((column) => headCell(column, order)).join('')}</tr>
</thead>
<tbody>
${names.length === 0 ? '' : upRow}`;
  for (let at = 0; at < entries.length; at += rowsAtOnce) {
    yield entries
      .slice(at, at + rowsAtOnce)
      .map(row)
      .join('');
  }
  yield '</tbody>\n</table>\n</main>\n</body>\n</html>\n';
}

const rowsAtOnce = 128;

const upRow =
  '<tr class="u"><th scope="row"><a href="../">Parent directory</a></th><td class="n"></td><td></td></tr>\n';

interface Column {
  readonly by: Order['by'];
  /** Markup. */
  readonly title: string;
  readonly kind: string;
}

const columns: readonly Column[] = [
  { by: 'name', title: 'Name', kind: '' },
  { by: 'size', title: 'Size', kind: ' class="n"' },
  { by: 'date', title: 'Modified<span class="t"> (UTC)</span>', kind: '' },
];

/** Another click turns the order round. */
function headCell({ by, title, kind }: Column, order: Order): string {
  const isCurrent = order.by === by;
  const sorted = isCurrent ? ` aria-sort="${order.isDescending ? 'descending' : 'ascending'}"` : '';
  const turned = isCurrent && !order.isDescending ? 'desc' : 'asc';
  return `<th scope="col"${kind}${sorted}><a href="?sort=${by}&amp;order=${turned}">${title}</a></th>`;
}

function row({ name, href, isDirectory, size, modifiedMs }: Entry): string {
  const [kind, slash, bytes] = isDirectory
    ? ['d', '/', '<td class="n"></td>']
    : ['f', '', `<td class="n" title="${exactSize(size)}">${readableSize(size)}</td>`];
  return (
    `<tr class="${kind}"><th scope="row"><a href="${escaped(href)}"><bdi>${escaped(visible(name))}${slash}</bdi></a></th>` +
    `${bytes}<td>${time(modifiedMs)}</td></tr>\n`
  );
}

/** Each directory above it is a link, as far as there is something to see. */
function heading({ top, names }: Page): string {
  const crumbs = [top === '/' ? 'Index' : top.slice(1, -1), ...names];
  return crumbs
    .map((name, i) => {
      const up = crumbs.length - 1 - i;
      const text = `<bdi>${escaped(visible(name))}</bdi>`;
      return up === 0 ? text : `<a href="${'../'.repeat(up)}">${text}</a>`;
    })
    .join('<span class="s">/</span>');
}

function summary({ entries, isCut }: Directory): string {
  const directories = entries.filter(({ isDirectory }) => isDirectory).length;
  const files = entries.length - directories;
  const counts = [
    ...(directories > 0 ? [counted(directories, 'directory', 'directories')] : []),
    ...(files > 0 ? [counted(files, 'file', 'files')] : []),
  ];
  const text = counts.length === 0 ? 'Empty' : counts.join(', ');
  return isCut ? `There are more names than are read: ${text} of them` : text;
}

function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

function time(ms: number): string {
  const iso = isoDate(ms);
  if (iso === '') return '';
  return `<time datetime="${iso}">${iso.slice(0, 10)}<span class="t"> ${iso.slice(11, 16)}</span></time>`;
}

function exactSize(bytes: number): string {
  return counted(bytes, 'byte', 'bytes');
}

/** In powers of a thousand, as file managers and disks have it: `999 B`, `1.0 kB`, `12 MB`. */
export function readableSize(bytes: number): string {
  if (bytes < 1000) return `${String(bytes)} B`;
  let value = bytes;
  let unit = -1;
  // 999.5 kB would be 1000 kB.
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${units[unit] ?? 'B'}`;
}

const units = ['kB', 'MB', 'GB', 'TB', 'PB'];

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A name as it is: what would break the line, or turn the reading order round to pass for another, is seen as U+FFFD. */
function visible(name: string): string {
  return name.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** For text and for attributes in either quotes. */
function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
