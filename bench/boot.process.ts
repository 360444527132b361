import { importApp } from './support/apps.js';
import { cpuTime } from './support/cpu-time.js';
import { serveOperations } from './support/operations.js';

const [, , side] = process.argv;
const { createApp } = await importApp(side);

serveOperations({
  /** Starts one context after the other; closing them is not part of the time. */
  boot: async (repeat) => {
    let elapsed = 0;
    for (let i = 0; i < repeat; i++) {
      const start = cpuTime();
      const app = await createApp();
      elapsed += cpuTime() - start;
      await app.close();
    }
    return elapsed;
  },
});
