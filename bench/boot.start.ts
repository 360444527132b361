import { importApp } from './support/apps.js';

const { createApp } = await importApp(process.argv[2]);
const app = await createApp();
// Counted from the start of the process, so it includes the start of Node.js and every import.
process.stdout.write(JSON.stringify(performance.now()));
await app.close();
