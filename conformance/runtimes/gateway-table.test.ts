import { beforeAll } from 'vitest';
import { describeTable } from '../gateway/table/describe-table.ts';
import { fetchServer } from '../gateway/table/fetch-servers.ts';
import { installRuntimes, runtimes } from '../support/runtimes.ts';

beforeAll(installRuntimes, 300_000);

// Those with a server of the fetch standard of their own.
describeTable(runtimes.filter(({ name }) => name === 'bun' || name === 'deno').map(fetchServer));
