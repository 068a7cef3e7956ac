import type { Name } from '../name.ts';
import { typeNumber } from '../records/codes.ts';
import type { RecordType, ResourceRecord } from '../records/record.ts';
import { covering, makeSet, none, type RecordSet } from './record-set.ts';
import { ZoneError } from './zone-error.ts';

/** A name of a zone; without records where only names below it have some (RFC 4592 2.2.2). Finished once the tree is built. */
export interface Node {
  readonly name: Name;
  /** Few, and found faster one by one than in a Map, which takes twice the memory of all the rest. */
  readonly sets: readonly RecordSet[];
  /** What a question for ANY is answered (RFC 8482 4.1): CNAME, or the RRset with the lowest type number. */
  readonly any: RecordSet | undefined;
  /** The highest name at or above this one, below the apex, that has NS records: from there on the zone is another's. */
  cut: Node | undefined;
  /** The highest name at or above this one that has a DNAME record. */
  redirect: Node | undefined;
  /** `*` below this name (RFC 4592 2.1.1). */
  wildcard: Node | undefined;
  /** Of a cut: A and AAAA records of its NS targets. */
  glue: readonly ResourceRecord[];
}

/** Names and their nodes, names without records included, parents before children. */
export type Tree = ReadonlyMap<string, Node>;

/**
 * Makes the tree of records that are known to be in the zone.
 *
 * @throws ZoneError for records that cannot stand together.
 */
export function buildTree(origin: Name, records: readonly ResourceRecord[]): Tree {
  const tree = new Map<string, Node>();
  for (const owner of owners(origin, records)) {
    const { key } = owner.name;
    const parent = key === origin.key ? undefined : tree.get(keyAbove(key));
    const node = makeNode(owner, parent);
    tree.set(key, node);
    if (parent !== undefined && isWildcard(key)) parent.wildcard = node;
  }
  for (const node of tree.values()) {
    if (node.cut === node) node.glue = glueOf(node, tree);
  }
  return tree;
}

/** The key of the name `labels` further up: each label in it stands behind its length. See {@link Name.key}. */
export function keyAbove(key: string, labels: number = 1): string {
  let at = 0;
  for (let left = labels; left > 0; left--) at += 1 + key.charCodeAt(at);
  return key.slice(at);
}

export function setAt(node: Node | undefined, type: RecordType): RecordSet | undefined {
  for (const set of node?.sets ?? noSets) if (set.type === type) return set;
  return undefined;
}

/** A and AAAA records that stand at a name, whoever's they are. */
export function addressesAt(node: Node | undefined): readonly ResourceRecord[] {
  const a = setAt(node, 'A')?.answer.records ?? none;
  const aaaa = setAt(node, 'AAAA')?.answer.records ?? none;
  return aaaa.length === 0 ? a : a.length === 0 ? aaaa : a.concat(aaaa);
}

const noSets: readonly RecordSet[] = [];

interface Owner {
  readonly name: Name;
  readonly groups: Group[];
}

/** The records of one type. */
type Group = [ResourceRecord, ...ResourceRecord[]];

/** Every owner and every name between one and the apex, the shorter names first. */
function owners(origin: Name, records: readonly ResourceRecord[]): Owner[] {
  const found = new Map<string, Owner>();
  for (const record of records) {
    const { groups } = ownerOf(found, record.name);
    const group = groups.find(([{ type }]) => type === record.type);
    if (group === undefined) groups.push([record]);
    else group.push(record);
  }
  for (const { name } of [...found.values()]) {
    let above = name.key === origin.key ? undefined : name.parent();
    for (; above !== undefined && !found.has(above.key); above = above.parent()) ownerOf(found, above);
  }
  const byDepth: Owner[][] = [];
  for (const owner of found.values()) (byDepth[owner.name.labelCount] ??= []).push(owner);
  return byDepth.flat();
}

function ownerOf(found: Map<string, Owner>, name: Name): Owner {
  let owner = found.get(name.key);
  if (owner === undefined) {
    owner = { name, groups: [] };
    found.set(name.key, owner);
  }
  return owner;
}

function makeNode(owner: Owner, parent: Node | undefined): Node {
  const { name, groups } = owner;
  checkTogether(owner, parent);
  const signatures = groupOf(groups, 'RRSIG');
  const sets = groups.map((group) => {
    const [{ type }] = group;
    const set = makeSet(type, group, covering(type, signatures));
    checkSingle(set);
    return set;
  });
  const node: Node = {
    name,
    sets: sets.length === 0 ? noSets : sets,
    any: anyOf(sets),
    cut: parent?.cut,
    redirect: parent?.redirect,
    wildcard: undefined,
    glue: none,
  };
  if (parent !== undefined && groupOf(groups, 'NS') !== undefined) node.cut ??= node;
  if (node.cut === undefined && groupOf(groups, 'DNAME') !== undefined) node.redirect ??= node;
  return node;
}

function groupOf(groups: readonly Group[], type: RecordType): Group | undefined {
  return groups.find(([record]) => record.type === type);
}

function checkTogether({ name, groups }: Owner, parent: Node | undefined): void {
  const [first] = groups;
  if (parent?.redirect !== undefined && first !== undefined) {
    const reason = `stands below the DNAME record of ${parent.redirect.name.toString()}`;
    throw new ZoneError('BELOW_DNAME', reason, first[0]);
  }
  if (groups.length > 1 && groupOf(groups, 'CNAME') !== undefined) {
    const beside = groups.find(([{ type }]) => type !== 'CNAME' && type !== 'RRSIG' && type !== 'NSEC');
    if (beside !== undefined) {
      throw new ZoneError('CNAME_AND_OTHER_DATA', 'stands beside a CNAME record', beside[0]);
    }
  }
  const redirecting = isWildcard(name.key) ? (groupOf(groups, 'NS') ?? groupOf(groups, 'DNAME')) : undefined;
  if (redirecting !== undefined) {
    throw new ZoneError('WILDCARD_OWNER', 'the owner is a wildcard', redirecting[0]);
  }
}

function checkSingle({ type, answer }: RecordSet): void {
  const second = answer.records[1];
  if (second === undefined || (type !== 'CNAME' && type !== 'DNAME')) return;
  throw new ZoneError(`MULTIPLE_${type}`, 'a second one at the same name', second);
}

/** Signatures and NSEC records only where there is nothing else. */
function anyOf(sets: readonly RecordSet[]): RecordSet | undefined {
  const rank = ({ type }: RecordSet): number =>
    type === 'CNAME' ? -1 : typeNumber(type) + (type === 'RRSIG' || type === 'NSEC' ? 0x1_0000 : 0);
  return sets.length > 1 ? [...sets].sort((one, other) => rank(one) - rank(other))[0] : sets[0];
}

function isWildcard(key: string): boolean {
  return key.startsWith('\x01*');
}

/** Those that the cut cannot be followed without first (RFC 9471 3.1): they are the last to go when a message is cut short. */
function glueOf(cut: Node, tree: Tree): ResourceRecord[] {
  const targets = (setAt(cut, 'NS')?.answer.records ?? none).flatMap((record) =>
    record.type === 'NS' ? [record.data.target] : [],
  );
  const inside = targets.filter((target) => target.isWithin(cut.name));
  const outside = targets.filter((target) => !target.isWithin(cut.name));
  return [...inside, ...outside].flatMap((target) => addressesAt(tree.get(target.key)));
}
