import { register } from 'node:module';

/** `node --import` this: modules in TypeScript load as they are, also in versions of Node that cannot do it themselves. */
register(new URL('./hooks.js', import.meta.url));
