import { beforeAll, beforeEach, describe } from 'vitest';

/** A resource that was started for the tests and must be stopped. */
export interface Stoppable {
  stop(): Promise<void>;
}

/**
 * A suite that needs a server. If none can be started (`start` returns undefined), its tests are skipped with
 * a visible line, and fail with CI=true. If `start` throws, they always fail.
 *
 * Put all other setup of the suite into `start` or the tests: hooks of the suite run even if its tests are
 * skipped.
 */
export function describeWithServer<Server extends Stoppable>(
  name: string,
  start: () => Promise<Server | undefined>,
  suite: (server: () => Server) => void,
): void {
  describe(name, () => {
    let server: Server | undefined;

    beforeAll(async () => {
      server = await start();
      if (server !== undefined) return () => server?.stop();
      if (process.env['CI'] === 'true') throw new Error(`${name}: there is no server, and CI must have one`);
      console.warn(`SKIPPED: ${name}: there is no server on this machine`);
      return undefined;
    });

    beforeEach(({ skip }) => {
      if (server === undefined) skip('there is no server on this machine');
    });

    suite(() => {
      if (server === undefined) throw new Error(`${name} has no server outside its tests`);
      return server;
    });
  });
}
