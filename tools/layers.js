/**
 * The law of imports. Each package, what it may import of its siblings, and what of Node it may not:
 * see docs/architecture.md, "Who may import whom".
 */
export const layers = {
  socket: { siblings: [] },
  framing: { siblings: [], noNode: ['src/**'] },
  http: { siblings: ['framing', 'socket'], noNode: ['src/protocol/**'] },
  gateway: { siblings: ['http', 'socket'] },
  rpc: { siblings: ['socket', 'framing'] },
  dns: { siblings: ['socket', 'framing'] },
};

/** The only files that may know a kernel socket. */
const socketWrappers = ['node-stream.ts', 'listen.ts', 'connect.ts', 'datagram.ts'];

const sourceOf = (name) => `packages/${name}/src/**/*.ts`;

const deepImport = {
  regex: '^(?:\\.\\./)+(?:packages|apps|[^./]+/(?:src|dist|test))/',
  message: 'Import a sibling by its package name.',
};
const testingImport = { regex: '^@wirestack/[^/]+/testing$', message: 'Testing entry points are for tests.' };
const anyNode = {
  regex: '^(?:node:|(?:net|fs|dgram|tls|buffer|stream|events)$)',
  message: 'This code runs in a browser too.',
};
const nodeSockets = {
  regex: '^node:(?:net|tls|dgram|cluster|http2?|https)(?:/|$)',
  message: `Only socket's ${socketWrappers.join(', ')} know a kernel socket.`,
};

function sibling(own, allowed) {
  return {
    regex: `^@wirestack/(?!(?:${[own, ...allowed].join('|')})(?:/|$))`,
    message: `packages/${own} may import only: ${allowed.join(', ') || 'no sibling'} (see tools/layers.js).`,
  };
}

const restrict = (files, patterns, ignores = []) => ({
  files,
  ignores,
  rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
});

/** ESLint configuration for one package; a later entry replaces an earlier one where both match a file. */
export function rulesForLayer(own) {
  const { siblings, noNode = [] } = layers[own];
  const base = [sibling(own, siblings), deepImport, testingImport, nodeSockets];
  const rules = [
    restrict([sourceOf(own)], base),
    // A test may use any sibling, and sockets as its peers.
    restrict([`packages/${own}/{test,bench}/**/*.ts`], [deepImport]),
  ];
  for (const glob of noNode) {
    const allowed = own === 'http' ? ['framing'] : [];
    rules.push(
      restrict(
        [`packages/${own}/${glob}/*.ts`],
        [sibling(own, allowed), deepImport, testingImport, anyNode],
        [`packages/${own}/src/testing/**`],
      ),
    );
  }
  if (own === 'socket') {
    rules.push(
      restrict(
        socketWrappers.map((name) => `packages/socket/src/${name}`),
        [sibling(own, siblings), deepImport, testingImport],
      ),
    );
  }
  if (own === 'framing') {
    const typesOnly = { ...sibling('framing', []), regex: '^@wirestack/socket', allowTypeImports: true };
    typesOnly.message = 'framed.ts knows socket’s types, nothing that runs.';
    rules.push(
      restrict(
        ['packages/framing/src/framed.ts'],
        [sibling('framing', ['socket']), typesOnly, deepImport, testingImport, anyNode],
      ),
    );
  }
  return rules;
}
