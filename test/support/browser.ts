import { type Browser, chromium } from 'playwright-core';
import { installed } from './own-server.js';
import type { Stoppable } from './real-server.js';

/** A headless Chromium of the system. */
export class OwnBrowser implements Stoppable {
  private constructor(readonly browser: Browser) {}

  /** Undefined if it is not installed. */
  static async start(): Promise<OwnBrowser | undefined> {
    const executablePath = installed('chromium');
    if (executablePath === undefined) return undefined;
    // Its sandbox does not run as root.
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return new OwnBrowser(await chromium.launch({ executablePath, args }));
  }

  stop(): Promise<void> {
    return this.browser.close();
  }
}
