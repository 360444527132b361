import type { ConfigWarning } from '../../config/model/config.warning.js';
import type { Environment } from '../../config/model/config-class.js';

/** Options of Node with one consequence. */
interface Danger {
  readonly id: string;
  readonly options: RegExp;
  readonly message: string;
}

const DANGERS: readonly Danger[] = [
  {
    id: 'inspector',
    options: /^inspect(?:-brk|-wait)?$/,
    message: 'The inspector is on: whoever reaches its port runs code and reads every secret',
  },
  {
    id: 'memory-dump',
    options:
      /^(?:report-(?:on-fatalerror|on-signal|uncaught-exception)|heapsnapshot-(?:near-heap-limit|signal)|abort-on-uncaught-exception)$/,
    message:
      'A report, heap snapshot or core dump holds the environment or the memory, with every secret in it',
  },
  {
    id: 'insecure-http-parser',
    options: /^insecure-http-parser$/,
    message: 'The HTTP parser accepts malformed requests, by which requests can be smuggled past a proxy',
  },
  {
    id: 'weak-tls',
    options: /^(?:tls-min-v1\.[01]|openssl-legacy-provider)$/,
    message: 'TLS versions or algorithms are allowed that are broken',
  },
  {
    id: 'tls-keylog',
    options: /^tls-keylog$/,
    message: 'The keys of TLS connections are written to a file: whoever reads it can decrypt them',
  },
  {
    id: 'security-revert',
    options: /^security-revert$/,
    message: 'A vulnerability of Node that was fixed is open again',
  },
];

/**
 * Options and variables that hand out secrets or weaken the process, as far as this process shows them: it is started
 * with the service's NODE_OPTIONS.
 */
export function nodeOptionsAdvice(env: Environment): ConfigWarning[] {
  const active = activeOptions([...(env['NODE_OPTIONS'] ?? '').split(/[\s"]+/), ...process.execArgv]);
  const warnings = DANGERS.flatMap(({ id, options: pattern, message }) => {
    const found = active.filter((option) => pattern.test(option)).map((option) => `--${option}`);
    if (found.length === 0) return [];
    const names = found.join(', ');
    return [
      {
        id,
        message: `${message} (${names})`,
        fix: `take ${names} out of NODE_OPTIONS and of the start command`,
      },
    ];
  });
  return [...warnings, ...variablesAdvice(env)];
}

function variablesAdvice(env: Environment): ConfigWarning[] {
  const warnings: ConfigWarning[] = [];
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    warnings.push({
      id: 'unverified-tls',
      message: 'NODE_TLS_REJECT_UNAUTHORIZED is 0: no TLS connection checks whom it leads to',
      fix: 'unset it; NODE_EXTRA_CA_CERTS names a file of authorities to trust as well',
    });
  }
  const debug = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE'].filter((name) => (env[name] ?? '') !== '');
  if (debug.length > 0) {
    warnings.push({
      id: 'node-debug',
      message: `${debug.join(' and ')} is set: Node prints what it does, with headers and passwords of connections`,
      fix: `unset ${debug.join(' and ')}`,
    });
  }
  return warnings;
}

/** Their names, without those that are taken back: Node reads `_` as `-`, and of `--x` and `--no-x` the last. */
function activeOptions(options: readonly string[]): readonly string[] {
  const active = new Set<string>();
  for (const option of options) {
    const [, no, name] = /^--(no-)?([^=]+)/.exec(option.replaceAll('_', '-')) ?? [];
    if (name === undefined) continue;
    if (no === undefined) active.add(name);
    else active.delete(name);
  }
  // Reports leave the environment out then.
  const excludesEnv = active.has('report-exclude-env');
  return [...active].filter((name) => !(excludesEnv && name.startsWith('report-')));
}
