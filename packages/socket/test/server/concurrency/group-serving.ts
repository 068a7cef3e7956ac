import type { ModuleReference } from '../../../src/server/concurrency/module-handler.ts';

export const memberModule: ModuleReference = {
  url: new URL('./handlers/group-members.ts', import.meta.url).href,
  exportName: 'begin',
};
