import { run, setupTestingDefaults } from '@wirestack/gateway';
import { fromRack } from '@wirestack/gateway/rack';

const app = fromRack((environ) => [200, { 'Content-Type': 'text/plain' }, [`${environ.REQUEST_METHOD}\n`]]);
console.log((await run(app, setupTestingDefaults())).body); // GET…
