import { pathConverterName, shown, type PathConverter } from './converters.ts';
import type { Pattern, Segment } from './pattern.ts';

/** What stands at the end of a pattern: of `Route` for a path as a whole, of `Mount` for all behind it, too. */
interface Ends<Route, Mount> {
  route?: Placed<Route>;
  mount?: Placed<Mount>;
}

export interface Placed<T> {
  readonly pattern: Pattern;
  readonly value: T;
}

/** A route or a mount that a path leads to. */
export interface Found<T> {
  readonly pattern: Pattern;
  readonly value: T;
  /** Of its parameters, in the order of `pattern.names`. */
  readonly values: readonly unknown[];
  /** Where what is behind a mount begins: a slash, or the end of the path. */
  readonly end: number;
}

/**
 * Patterns as a tree of segments. A path is looked at one segment at a time, what is most specific first: literals, parameters with the longest text around them, `int`, `float`, `uuid`,
 * own converters by name, `str`, `path`, mounts. Where that leads nowhere, the next is tried.
 *
 * How often a segment is looked at does not depend on the path: at most once for each node of the tree at that depth, of which there are a handful but for patterns that
 * mean to overlap. What is behind the deepest node is never looked at.
 */
export class RouteTree<Route, Mount> {
  readonly #root = new Node<Route, Mount>();
  readonly #routes = new Map<string, Placed<Route>>();
  readonly #mounts = new Map<string, Placed<Mount>>();

  /**
   * The route of a pattern, made where there is none yet.
   *
   * @throws TypeError where another pattern matches the same paths
   */
  route(pattern: Pattern, make: () => Route): Route {
    return place(this.#routes, pattern, make, (placed) => {
      this.#nodeOf(pattern.segments).route = placed;
    });
  }

  /** Puts a mount at a prefix; `/` is the root. @throws TypeError as {@link route}, and where one is there already */
  mount(pattern: Pattern, mount: Mount): void {
    if (this.#mounts.get(pattern.shape)?.pattern.text === pattern.text) {
      throw new TypeError(`pattern ${shown(pattern.text)}: something is mounted there already`);
    }
    const make = (): Mount => mount;
    place(this.#mounts, pattern, make, (placed) => {
      const isRoot = pattern.text === '/';
      this.#nodeOf(isRoot ? [] : pattern.segments).mount = placed;
    });
  }

  /** Offers what matches `path` to `visitor`, the most specific first, until it takes one. */
  search(path: string, visitor: Visitor<Route, Mount>): boolean {
    if (path !== '' && !path.startsWith('/')) return false;
    return new Search(path, visitor).walk(this.#root, 1);
  }

  #nodeOf(segments: readonly Segment[]): Node<Route, Mount> {
    let node = this.#root;
    segments.forEach((segment, place) => {
      node = node.childFor(segment, segments.length - place - 1);
    });
    return node;
  }
}

/** Takes what a path matches, or has the search go on. */
export interface Visitor<Route, Mount> {
  route(found: Found<Route>): boolean;
  mount(found: Found<Mount>): boolean;
}

function place<T>(
  all: Map<string, Placed<T>>,
  pattern: Pattern,
  make: () => T,
  put: (placed: Placed<T>) => void,
): T {
  const { shape, text } = pattern;
  const before = all.get(shape);
  if (before !== undefined && before.pattern.text !== text) {
    throw new TypeError(`pattern ${shown(text)} matches the same paths as ${shown(before.pattern.text)}`);
  }
  if (before !== undefined) return before.value;
  const placed = { pattern, value: make() };
  all.set(shape, placed);
  put(placed);
  return placed.value;
}

/** A parameter of one segment, and what comes behind it. */
interface Branch<Route, Mount> {
  readonly prefix: string;
  readonly suffix: string;
  readonly converter: PathConverter;
  readonly node: Node<Route, Mount>;
}

/** A parameter of any number of segments, with `count` segments behind it. */
interface Tail<Route, Mount> {
  readonly count: number;
  readonly node: Node<Route, Mount>;
}

class Node<Route, Mount> implements Ends<Route, Mount> {
  readonly literals = new Map<string, Node<Route, Mount>>();
  /** Sorted. */
  branches: readonly Branch<Route, Mount>[] = [];
  /** The longest first: it says the most. */
  tails: readonly Tail<Route, Mount>[] = [];
  declare route?: Placed<Route>;
  declare mount?: Placed<Mount>;

  childFor(segment: Segment, behind: number): Node<Route, Mount> {
    const node = new Node<Route, Mount>();
    if (segment.converter === undefined) {
      const before = this.literals.get(segment.literal);
      if (before === undefined) this.literals.set(segment.literal, node);
      return before ?? node;
    }
    const { prefix, suffix, converter } = segment;
    if (converter.name === pathConverterName) {
      const before = this.tails.find(({ count }) => count === behind);
      if (before === undefined) {
        this.tails = [...this.tails, { count: behind, node }].sort((a, b) => b.count - a.count);
      }
      return before?.node ?? node;
    }
    const before = this.branches.find(
      (one) => one.prefix === prefix && one.suffix === suffix && one.converter === converter,
    );
    if (before === undefined) {
      this.branches = [...this.branches, { prefix, suffix, converter, node }].sort(bySpecificity);
    }
    return before?.node ?? node;
  }
}

/** A total order: what is tried first must not depend on what was defined first. */
function bySpecificity(a: Branch<unknown, unknown>, b: Branch<unknown, unknown>): number {
  return (
    b.prefix.length + b.suffix.length - (a.prefix.length + a.suffix.length) ||
    a.converter.rank - b.converter.rank ||
    compare(a.converter.name, b.converter.name) ||
    b.prefix.length - a.prefix.length ||
    compare(a.prefix, b.prefix) ||
    compare(a.suffix, b.suffix)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** One path on its way down. */
class Search<Route, Mount> {
  readonly #path: string;
  readonly #visitor: Visitor<Route, Mount>;
  readonly #values: unknown[] = [];

  constructor(path: string, visitor: Visitor<Route, Mount>) {
    this.#path = path;
    this.#visitor = visitor;
  }

  /** @param at where the next segment begins; behind the path where there is none. */
  walk(node: Node<Route, Mount>, at: number): boolean {
    const path = this.#path;
    if (at > path.length) return this.#end(node, path.length);
    const slash = path.indexOf('/', at);
    const end = slash < 0 ? path.length : slash;
    const segment = path.slice(at, end);
    // Without any, the text need not be hashed.
    const literal = node.literals.size === 0 ? undefined : node.literals.get(segment);
    if (literal !== undefined && this.walk(literal, end + 1)) return true;
    for (const branch of node.branches) if (this.#branch(branch, segment, end)) return true;
    for (const tail of node.tails) if (this.#tail(tail, at)) return true;
    return node.mount !== undefined && this.#mount(node.mount, at - 1);
  }

  #end(node: Node<Route, Mount>, end: number): boolean {
    if (node.route !== undefined) {
      const { pattern, value } = node.route;
      if (this.#visitor.route({ pattern, value, values: this.#values, end })) return true;
    }
    return node.mount !== undefined && this.#mount(node.mount, end);
  }

  #mount({ pattern, value }: Placed<Mount>, end: number): boolean {
    return this.#visitor.mount({ pattern, value, values: this.#values, end });
  }

  #branch({ prefix, suffix, converter, node }: Branch<Route, Mount>, segment: string, end: number): boolean {
    let text = segment;
    if (prefix !== '' || suffix !== '') {
      if (!segment.startsWith(prefix) || !segment.endsWith(suffix)) return false;
      if (segment.length <= prefix.length + suffix.length) return false;
      text = segment.slice(prefix.length, segment.length - suffix.length);
    }
    if (text === '') return false;
    const value = converter.parse(text);
    return value !== undefined && this.#with(value, node, end + 1);
  }

  /** `/a/{p:path}/b/c`: the last two segments are looked for from the end. */
  #tail({ count, node }: Tail<Route, Mount>, at: number): boolean {
    const path = this.#path;
    let end = path.length;
    for (let left = count; left > 0; left--) {
      // `lastIndexOf` takes -1 for 0.
      end = end <= at ? -1 : path.lastIndexOf('/', end - 1);
      if (end < at) return false;
    }
    return this.#with(path.slice(at, end), node, end + 1);
  }

  #with(value: unknown, node: Node<Route, Mount>, next: number): boolean {
    this.#values.push(value);
    if (this.walk(node, next)) return true;
    this.#values.pop();
    return false;
  }
}
