import type { ConfigProblem, ConfigProblemCode } from '../../config/model/config.error.js';
import type { ConfigWarning } from '../../config/model/config.warning.js';
import { oneLine } from '../../common/one-line.js';
import type { ConnectionFault, ConnectionFaultCode } from './connection-fault.js';

/** A problem that `check` reports: the configuration is invalid, or a server cannot be used. */
export interface CheckProblem extends Omit<ConfigProblem, 'code'> {
  readonly code: ConfigProblemCode | ConnectionFaultCode;
}

/** What `check --connect` found behind a setting. */
export interface CheckedConnection {
  readonly name: string;
  readonly state: 'connected' | 'failed' | 'not checked';
  /** The kind of server and its version, if known. */
  readonly server?: string;
  /** What else is known, such as `tls` and `connections`. */
  readonly facts: Readonly<Record<string, string>>;
}

const MAX_LENGTH = 200;

/** Collects what is found behind a setting. What was found before a failure stays. */
export class ConnectionFindings {
  state: CheckedConnection['state'] = 'connected';
  server: string | undefined;
  /** Whether the network connection was made. Undefined if the client does not tell. */
  isReached: boolean | undefined;
  readonly facts: Record<string, string> = {};
  readonly problems: CheckProblem[] = [];
  readonly warnings: ConfigWarning[] = [];
  private begun = performance.now();

  constructor(readonly name: string) {}

  /** Called when the client is loaded, and before it connects. */
  begin(): void {
    this.begun = performance.now();
  }

  /** Notes that the network connection was made. */
  reached(): void {
    if (this.isReached !== true)
      this.fact('reachable', `in ${Math.round(performance.now() - this.begun)} ms`);
    this.isReached = true;
  }

  /** Adds a fact. Texts of the server are cut, and their control characters are escaped. */
  fact(label: string, text: string): void {
    const shown = oneLine(text.slice(0, MAX_LENGTH));
    this.facts[label] = this.facts[label] === undefined ? shown : `${this.facts[label]}; ${shown}`;
  }

  warn(id: ConfigWarning['id'], message: string, fix: string, name = this.name): void {
    this.warnings.push({ id, name, message, fix });
  }

  problem(code: ConnectionFaultCode, message: string, fix?: string, name = this.name): void {
    this.problems.push({ name, code, message, ...(fix === undefined ? {} : { fix }) });
  }

  /** What cannot be checked is a warning, and anything else a problem. */
  fail({ code, message, fix }: ConnectionFault): void {
    if (code === 'unchecked') {
      this.state = 'not checked';
      this.warn('unchecked-connection', message, fix ?? 'check it in another way, and silence this warning');
      return;
    }
    this.state = 'failed';
    this.problem(code, message, fix);
  }
}

const VERSION = /^\d{1,5}(?:\.\d{1,5}){0,3}(?:-?(?:alpha|beta|rc|devel)\d{0,2})?(?!\w)/;

/** The version at the beginning of a text of the server. Nothing else of the text is shown. */
export function versionIn(text: unknown): string {
  return VERSION.exec(String(text))?.[0] ?? 'of an unknown version';
}

/** A text of the server, if it is one of the expected words. */
export function wordIn(text: string | undefined, words: RegExp): string {
  return text !== undefined && words.test(text) ? text : 'not known';
}
