import { addVariable } from '../variables-environ.ts';
import { asBuffer, notFastCgi } from './records.ts';

/**
 * Names and values, each behind its length: one byte up to 127, four with the highest bit set above (3.4). Text of one character an octet.
 *
 * @throws FrontServerError where a length leads beyond the end, or a name that is no header field's stands twice
 */
export function readPairs(bytes: Uint8Array): Map<string, string> {
  const list = readPairList(bytes);
  const pairs = new Map<string, string>();
  for (let i = 0; i < list.length; i += 2) pairs.set(list[i] as string, list[i + 1] as string);
  return pairs;
}

/** The same as a list: name, value, name, value …. A request has some thirty, and a map of them takes as long to make as they to read. */
export function readPairList(bytes: Uint8Array): string[] {
  const reader = new PairReader(bytes);
  const runs = knownRuns;
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i] as Run;
    if (reader.takeRun(run)) continue;
    const from = reader.pairs.length;
    if (!reader.takeNames(run.names)) {
      know(runs.slice(0, i));
      return reader.takeOthers();
    }
    if (run.text !== undefined) know(runs.toSpliced(i, 1, ...splitRun(run, reader.pairs.slice(from))));
  }
  return reader.isAtEnd ? reader.pairs : reader.takeOthers();
}

/** Reads the pairs of one request, front to back. */
class PairReader {
  readonly pairs: string[] = [];
  readonly #bytes: Buffer;
  /** All at once: some thirty pieces of a buffer cost more than those of a text. */
  readonly #text: string;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = asBuffer(bytes);
    this.#text = this.#bytes.toString('latin1');
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** Takes pairs that came before, if just those come again. */
  takeRun({ text, pairs }: Run): boolean {
    if (text === undefined) return false;
    const end = this.#at + text.length;
    if (this.#text.slice(this.#at, end) !== text) return false;
    for (const part of pairs) this.pairs.push(part);
    this.#at = end;
    return true;
  }

  /** Takes a pair of each name, as far as those come. */
  takeNames(names: readonly string[]): boolean {
    for (const name of names) if (this.isAtEnd || !this.#take(name)) return false;
    return true;
  }

  /** All that is left. @throws FrontServerError for a name that stands twice and may not */
  takeOthers(): string[] {
    while (!this.isAtEnd) this.#take();
    const { pairs } = this;
    if (!isEachOnce(pairs)) return joinedPairs(pairs);
    if (knownRuns.length === 0 && pairs.length <= 2 * maxKnownPairs && this.#text.length <= maxKnownBytes) {
      // Header fields are the client's: they change, and none of its secrets is compared with another's.
      know(runsOf(pairs, (i) => !(pairs[i] as string).startsWith('HTTP_')));
    }
    return pairs;
  }

  /** @returns whether it has the name that was expected */
  #take(expected?: string): boolean {
    const nameLength = this.#length();
    const valueLength = this.#length();
    const valueAt = this.#at + nameLength;
    const end = valueAt + valueLength;
    if (end > this.#text.length) notFastCgi('a pair that ends early');
    const name = this.#text.slice(this.#at, valueAt);
    const isExpected = name === expected;
    this.pairs.push(isExpected ? expected : name, this.#text.slice(valueAt, end));
    this.#at = end;
    return isExpected;
  }

  #length(): number {
    const first = this.#bytes[this.#at];
    if (first === undefined) notFastCgi('a pair without a length');
    if (first < shortLength) {
      this.#at++;
      return first;
    }
    if (this.#at + 4 > this.#bytes.length) notFastCgi('a length that ends early');
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4) & 0x7f_ff_ff_ff;
  }
}

/** From here on a length has four bytes. */
const shortLength = 0x80;

/** Pairs that stand one behind another, as they came last. */
interface Run {
  readonly names: readonly string[];
  readonly pairs: readonly string[];
  /** All of it, lengths included; undefined where values change from request to request. */
  readonly text: string | undefined;
}

/**
 * Front servers send the same names in the same order, and most of what is not the client's with the same values: what every list so far began with. Where they come again, none of them
 * has to be made a text or a key of anew, or to be looked for among those before.
 */
let knownRuns: readonly Run[] = [];
let knownNames: ReadonlySet<string> = new Set();
const maxKnownPairs = 128;
const maxKnownBytes = 4096;

function know(runs: readonly Run[]): void {
  knownRuns = runs;
  knownNames = new Set(runs.flatMap(({ names }) => names));
}

function runOf(pairs: readonly string[], isConstant: boolean): Run {
  let text = '';
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    const value = pairs[i + 1] as string;
    text += lengthOf(name).toString('latin1') + lengthOf(value).toString('latin1') + name + value;
  }
  const names = pairs.filter((_, i) => i % 2 === 0);
  return isConstant ? { names, pairs, text } : { names, pairs: [], text: undefined };
}

/** Runs of pairs that are constant, and of others between them. */
function runsOf(pairs: readonly string[], isConstant: (i: number) => boolean): Run[] {
  const runs: Run[] = [];
  for (let from = 0, to = 2; from < pairs.length; from = to, to += 2) {
    while (to < pairs.length && isConstant(to) === isConstant(from)) to += 2;
    runs.push(runOf(pairs.slice(from, to), isConstant(from)));
  }
  return runs;
}

/** Values of it changed: those are expected to change from now on. */
function splitRun(run: Run, pairs: readonly string[]): Run[] {
  return runsOf(run.pairs, (i) => run.pairs[i + 1] === pairs[i + 1]);
}

/** Whether each name stands once; what is not of the known runs gets its key in place of its name. */
function isEachOnce(pairs: string[]): boolean {
  const seen = new Set<string>();
  for (let i = 2 * knownNames.size; i < pairs.length; i += 2) {
    const name = keyOf(pairs[i] as string);
    if (knownNames.has(name) || seen.has(name)) return false;
    seen.add(name);
    pairs[i] = name;
  }
  return true;
}

/** The string itself that V8 has for it as a key: setting or comparing by another takes several times as long. */
function keyOf(name: string): string {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = Object.keys({ [name]: 0 })[0] ?? name;
  if (keys.size < maxKeys && key.length <= maxKeyLength) keys.set(key, key);
  return key;
}

const keys = new Map<string, string>();
const maxKeys = 256;
const maxKeyLength = 64;

/** @throws FrontServerError for a name that stands twice and may not */
function joinedPairs(pairs: readonly string[]): string[] {
  const variables = new Map<string, string>();
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    if (!addVariable(variables, name, pairs[i + 1] as string))
      notFastCgi(`${JSON.stringify(name)} stands twice`);
  }
  return [...variables].flat();
}

export function writePairs(pairs: Iterable<readonly [name: string, value: string]>): Buffer {
  const parts: Buffer[] = [];
  for (const [name, value] of pairs) {
    parts.push(lengthOf(name), lengthOf(value), Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1'));
  }
  return Buffer.concat(parts);
}

function lengthOf({ length }: string): Buffer {
  if (length < shortLength) return Buffer.of(length);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length + 0x80_00_00_00);
  return bytes;
}
