// The size table of README.md, from what was built: `node tools/sizes.js` prints it, `--write` puts it between its markers.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import smallLibrary from '@size-limit/preset-small-lib';
import { format } from 'prettier';
import sizeLimit from 'size-limit';

const root = fileURLToPath(new URL('..', import.meta.url));
const markers = /(?<=<!-- sizes -->\n).*?(?=<!-- \/sizes -->)/s;

const table = await sizeTable();
if (process.argv.includes('--write')) {
  const readme = readFileSync(`${root}README.md`, 'utf8');
  if (!markers.test(readme)) throw new Error('README.md has no <!-- sizes --> … <!-- /sizes -->');
  writeFileSync(`${root}README.md`, readme.replace(markers, `\n${table}\n`));
} else {
  process.stdout.write(table);
}

async function sizeTable() {
  const manifests = readManifests();
  const unpacked = unpackedBytes(manifests);
  const rows = [];
  for (const manifest of manifests) {
    const closure = closureOf(manifest.name, manifests);
    const siblings = closure.filter((name) => name !== manifest.name && name.startsWith('@wirestack/'));
    const installed = closure.reduce(
      (sum, name) => sum + (unpacked.get(name) ?? strangerBytes(name, manifests)),
      0,
    );
    rows.push([
      `\`${manifest.name}\``,
      kilobytes(await bundledBytes(manifest, siblings), 1),
      kilobytes(await bundledBytes(manifest, []), 1),
      kilobytes(unpacked.get(manifest.name), 0),
      kilobytes(installed, 0),
      String(closure.length),
    ]);
  }
  // The lower layers first: what brings more stands below.
  rows.sort((a, b) => Number(a[5]) - Number(b[5]));
  const head = ['package', 'code', 'with siblings', 'unpacked', 'installed', 'packages'];
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  const text = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  return format(text, { parser: 'markdown' });
}

function readManifests() {
  const folders = readdirSync(`${root}packages`, { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  return folders.map(({ name: folder }) => {
    const manifest = JSON.parse(readFileSync(`${root}packages/${folder}/package.json`, 'utf8'));
    const main = `${root}packages/${folder}/${manifest.exports['.'].default}`;
    if (!existsSync(main)) throw new Error(`packages/${folder} is not built`);
    return { ...manifest, folder, main };
  });
}

/** A package and all that it brings in. */
function closureOf(name, manifests) {
  const found = new Set([name]);
  for (const each of found) {
    const { dependencies = {} } = manifests.find((manifest) => manifest.name === each) ?? {};
    for (const dependency of Object.keys(dependencies)) found.add(dependency);
  }
  return Array.from(found);
}

/** The main entry point with all that it reaches, minified and compressed with brotli as size-limit does it; `without` stays out. */
async function bundledBytes({ main }, without) {
  const ignore = ['node:*', ...without.flatMap((name) => [name, `${name}/*`])];
  const [{ size }] = await sizeLimit(smallLibrary, { checks: [{ files: [main], ignore }] });
  return size;
}

/** What a library of others has on disk: those that packages here ask for have no dependencies of their own. */
function strangerBytes(name, manifests) {
  const { folder } = manifests.find(({ dependencies = {} }) => Object.hasOwn(dependencies, name));
  const files = readdirSync(`${root}packages/${folder}/node_modules/${name}`, {
    recursive: true,
    withFileTypes: true,
  });
  return files
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(`${entry.parentPath}/${entry.name}`).size, 0);
}

/** What a tarball of each package holds. */
function unpackedBytes(manifests) {
  const folders = manifests.map(({ folder }) => `./packages/${folder}`);
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', ...folders], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return new Map(JSON.parse(packed).map(({ name, unpackedSize }) => [name, unpackedSize]));
}

function kilobytes(bytes, digits) {
  const figures = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${(bytes / 1000).toLocaleString('en', figures)} kB`;
}
