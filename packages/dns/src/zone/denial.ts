import type { Name } from '../name.ts';
import type { ResourceRecord } from '../records/record.ts';
import { none } from './record-set.ts';
import { setAt, type Node, type Tree } from './tree.ts';

/** The NSEC records of a zone: proof of what is not there (RFC 4035 3.1.3). A zone with NSEC3 has none here, and no proofs. */
export class Denial {
  /** Nodes with an NSEC record in canonical order. */
  readonly #nodes: readonly Node[];

  constructor(tree: Tree) {
    this.#nodes = [...tree.values()]
      .filter((node) => setAt(node, 'NSEC') !== undefined)
      .sort((one, other) => one.name.compare(other.name));
  }

  /** That the name exists without the type asked for: its own record; of a name without records, the one that covers it. */
  ofType(node: Node): readonly ResourceRecord[] {
    return signed(setAt(node, 'NSEC') !== undefined ? node : this.#before(node.name));
  }

  /** That neither `name` exists nor `*` below the lowest name above it that does. */
  ofName(name: Name, encloser: Name): readonly ResourceRecord[] {
    return [...signed(this.#before(name)), ...signed(this.#before(encloser.child('*')))];
  }

  /** That no name exists which is closer to `name` than the wildcard; and what types the wildcard has, where it is given. */
  ofCloser(name: Name, wildcard: Node | undefined): readonly ResourceRecord[] {
    return [...signed(this.#before(name)), ...signed(wildcard)];
  }

  /** The last node that does not come behind `name`: its record covers it. */
  #before(name: Name): Node | undefined {
    let low = 0;
    let high = this.#nodes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#nodes[middle] as Node).name.compare(name) <= 0) low = middle + 1;
      else high = middle;
    }
    return this.#nodes[low - 1];
  }
}

function signed(node: Node | undefined): readonly ResourceRecord[] {
  return setAt(node, 'NSEC')?.signedAnswer.records ?? none;
}
