// @ts-check
/** The process of a server: `node server.js NAME`. */
import { answer } from '../child.js';
import { servers } from './ends.js';

answer({ serve: () => servers.get(process.argv[2])?.() });
