import { importApp } from './support/apps.js';

const { createApp } = await importApp(process.argv[2]);
const app = await createApp();
// Counted from the start of the process, so Node's own start and every import are in it.
process.stdout.write(JSON.stringify(performance.now()));
await app.close();
