import { isBuiltin } from 'node:module';
import { posix, relative, sep } from 'node:path';

/**
 * The law of imports; the reasons are in docs/architecture.md, "Who may import whom". Of each package:
 *
 * - `siblings`  packages that its `src` may import, at run time and as types
 * - `types`     siblings that single files may import as types only
 * - `pure`      files that run in a browser: no `node:*`, no library, nothing impure of their own package
 * - `pureTypes` siblings whose types `pure` files may name
 * - `pureEntries` entry points of siblings that run in a browser themselves: `pure` files may import them
 * - `nodeHttp`  the only files and folders that may make requests and responses of `node:http`, for programs written for it
 * - `sockets`   the only files and folders that may know a kernel socket
 */
export const layers = {
  socket: {
    siblings: [],
    sockets: [
      'src/dial.ts',
      'src/datagrams/',
      'src/listening/',
      'src/streams/kernel-stream.ts',
      'src/streams/receive-buffer.ts',
      'src/tls/',
      'src/server/concurrency/',
      'src/names/hosts.ts',
    ],
  },
  framing: {
    siblings: [],
    types: Object.fromEntries(
      [
        ...[
          'framed',
          'framed-stream',
          'frame-source',
          'frame-sink',
          'frame-queue',
          'message-loop',
          'deadline',
        ],
        ...['pump', 'multiplex', 'parts/frame-streams', 'parts/part-reader', 'parts/incoming-frame'],
        'parts/outgoing-frames',
      ].map((file) => [`src/${file}.ts`, ['socket']]),
    ),
    // All but `adapters/node-streams.ts`.
    pure: [
      ...['src/codecs/', 'src/compose/', 'src/parts/', 'src/testing/'],
      ...['src/adapters/web-streams.ts', 'src/adapters/streams-through.ts', 'src/index.ts', 'src/errors.ts'],
      ...['src/codec.ts', 'src/byte-queue.ts', 'src/byte-scanner.ts', 'src/byte-sink.ts', 'src/turn.ts'],
      ...['src/framed.ts', 'src/framed-stream.ts', 'src/framed-error.ts', 'src/message-loop.ts'],
      ...[
        'src/frame-source.ts',
        'src/frame-sink.ts',
        'src/frame-queue.ts',
        'src/answers.ts',
        'src/deadline.ts',
      ],
      ...['src/pump.ts', 'src/multiplex.ts'],
    ],
  },
  http: {
    siblings: ['framing', 'socket'],
    pure: ['src/protocol/', 'src/fields/', 'src/errors.ts', 'src/headers.ts'],
    pureTypes: ['framing'],
  },
  gateway: {
    siblings: ['http', 'socket', 'framing'],
    // What runs an application, and all that `toFetch` needs of it: edge platforms have no `node:*`.
    pure: [
      ...[
        'application',
        'environ',
        'environ-base',
        'errors',
        'file-wrapper',
        'header-fields',
        'hop-by-hop',
        'input-stream',
      ],
      ...['lifespan', 'mount', 'request-uri', 'run', 'start-response', 'testing-defaults', 'text-response'],
      ...['upgrade', 'write-queue', 'adapters/rack', 'middleware/response-parts', 'middleware/vary'],
      ...['adapters/body-pieces', 'adapters/lazy-abort', 'adapters/lazy-start'],
    ]
      .map((file) => `src/${file}.ts`)
      .concat('src/adapters/fetch/'),
    pureTypes: ['http', 'socket'],
    pureEntries: ['http/protocol', 'http/fields'],
    nodeHttp: ['src/adapters/node/'],
  },
  rpc: { siblings: ['socket', 'framing'] },
  dns: {
    siblings: ['socket', 'framing'],
    pure: [
      'src/name.ts',
      'src/name-text.ts',
      'src/name-storage.ts',
      'src/errors.ts',
      'src/wire/',
      'src/records/',
      'src/message/',
      'src/zone/',
    ],
  },
};

/** Throws for a package that has no row: without one, nothing would hold it. */
export function requireRows(names) {
  const missing = names.filter((name) => !Object.hasOwn(layers, name));
  if (missing.length > 0) {
    throw new Error(`packages/${missing.join(', packages/')}: not in the table of layers (tools/layers.js)`);
  }
}

/** Every sibling that a package may name at all: what its package.json may depend on. */
export function allowedDependencies(name) {
  const { siblings, types = {}, pureTypes = [] } = layers[name];
  return [...new Set([...siblings, ...Object.values(types).flat(), ...pureTypes])];
}

/**
 * Why `file` (a path from the root) may not import `specifier`; `undefined` where it may.
 * `typeOnly` means `import type`: an `import { type X }` still loads the module.
 */
export function objection(file, specifier, typeOnly = false) {
  const [top, name, ...rest] = file.split('/');
  const target = specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined;
  const sibling = /^@wirestack\/([^/]+)(?:\/(.*))?$/.exec(specifier);

  if (sibling?.[2] !== undefined && /^(?:src|dist|test|bench)(?:\/|$)/.test(sibling[2])) {
    return 'Import a public entry point.';
  }
  if (sibling?.[2] === 'testing' && top !== 'conformance' && !(top === 'packages' && rest[0] === 'test')) {
    return 'Testing entry points are for tests.';
  }
  if (top !== 'packages' || rest.length === 0) {
    const outside = ['apps', 'examples', 'bench', 'conformance'].includes(top);
    return outside && target?.startsWith('packages/') ? 'Import a package by its name.' : undefined;
  }
  if (target !== undefined && !target.startsWith(`packages/${name}/`)) {
    return 'Import a sibling by its package name.';
  }
  const path = rest.join('/');
  if (rest[0] !== 'src') {
    const allowed = [name, ...allowedDependencies(name)];
    if (sibling && !allowed.includes(sibling[1])) {
      return `Tests of packages/${name} may import only: ${allowed.join(', ')}.`;
    }
    return undefined;
  }
  const testing = path.startsWith('src/testing/');
  if (target !== undefined)
    return relativeObjection(name, path, target.slice(`packages/${name}/`.length), testing);
  if (sibling) return siblingObjection(name, path, sibling, typeOnly);
  if (isBuiltin(specifier))
    return builtinObjection(name, path, specifier.replace(/^node:/, ''), typeOnly, testing);
  return isPure(name, path) ? `${path} runs in a browser and needs no library.` : undefined;
}

const isPure = (name, path) => isListed(layers[name].pure, path);

/** A list names files, and folders with a slash at their end. */
const isListed = (list = [], path) =>
  list.some((start) => (start.endsWith('/') ? path.startsWith(start) : path === start));

function relativeObjection(name, path, target, testing) {
  if (/^(?:test|bench|dist)\//.test(target)) return 'What is published imports only src.';
  if (target.startsWith('src/testing/') && !testing) return 'Testing entry points are for tests.';
  if (isPure(name, path) && !isPure(name, target)) return `${path} runs in a browser; ${target} need not.`;
  return undefined;
}

function siblingObjection(name, path, [, to, entry], typeOnly) {
  if (to === name) return 'Import the own package by path.';
  const { siblings, types = {}, pureTypes = [], pureEntries = [] } = layers[name];
  const pure = isPure(name, path);
  if (pure && entry !== undefined && pureEntries.includes(`${to}/${entry}`)) return undefined;
  const onlyTypes = [...(types[path] ?? []), ...(pure ? pureTypes : [])];
  if (onlyTypes.includes(to)) {
    return typeOnly
      ? undefined
      : `packages/${name}/${path} knows ${to}'s types, nothing that runs: \`import type\`.`;
  }
  const allowed = pure ? [] : siblings;
  if (allowed.includes(to)) return undefined;
  return `packages/${name}/${path} may import only: ${allowed.join(', ') || 'no sibling'} (see tools/layers.js).`;
}

function builtinObjection(name, path, module, typeOnly, testing) {
  if (isPure(name, path)) {
    const asserts = testing && /^assert(?:\/strict)?$/.test(module);
    return asserts ? undefined : `${path} runs in a browser: no \`node:${module}\`.`;
  }
  if (/^(?:net|tls|dgram|cluster)$/.test(module) && !isListed(layers[name].sockets, path)) {
    return `Only ${layers.socket.sockets.join(', ')} of packages/socket know a kernel socket.`;
  }
  if (/^(?:http|https|http2)$/.test(module) && !typeOnly && !isListed(layers[name].nodeHttp, path))
    return `HTTP is what packages/http is for.`;
  return undefined;
}

/** The law as an ESLint rule: every way to name a module, `import()` and `import('…')` types included. */
export const layersRule = {
  meta: { type: 'problem', schema: [], messages: { layer: '{{reason}}' } },
  create(context) {
    const file = relative(context.cwd, context.filename).split(sep).join('/');
    const judge = (source, typeOnly) => {
      if (!source) return;
      let reason;
      if (typeof source.value === 'string') reason = objection(file, source.value, typeOnly);
      else if (/^packages\/[^/]+\/src\//.test(file)) reason = 'Name the module in a literal.';
      if (reason) context.report({ node: source, messageId: 'layer', data: { reason } });
    };
    const exported = (node) => judge(node.source, node.exportKind === 'type');
    return {
      ImportDeclaration: (node) => judge(node.source, node.importKind === 'type'),
      ExportNamedDeclaration: exported,
      ExportAllDeclaration: exported,
      ImportExpression: (node) => judge(node.source, false),
      TSImportType: (node) => judge(node.source ?? node.argument?.literal, true),
      TSExternalModuleReference: (node) => judge(node.expression, node.parent.importKind === 'type'),
      'CallExpression[callee.name="require"]': (node) => judge(node.arguments[0], false),
      'CallExpression[callee.property.name="getBuiltinModule"]': (node) => judge(node.arguments[0], false),
    };
  },
};
