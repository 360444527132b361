import type { INestApplicationContext } from '@nestjs/common';

interface App {
  createApp(): Promise<INestApplicationContext>;
}

const apps: Readonly<Record<string, () => Promise<App>>> = {
  ours: () => import('./ours.app.js'),
  stock: () => import('./stock.app.js'),
  'ours-groups': () => import('./ours-groups.app.js'),
  'stock-groups': () => import('./stock-groups.app.js'),
  bare: () => import('./bare.app.js'),
};

/** Imports one side only: the start of a process must not include the other one. */
export async function importApp(side = ''): Promise<App> {
  const app = apps[side];
  if (app === undefined) throw new Error(`no app is named '${side}'`);
  return app();
}
