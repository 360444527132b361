import type { ConfigWarning, Environment } from '../../config/index.js';

/** Options of Node with the same consequence. */
interface Danger {
  readonly id: ConfigWarning['id'];
  readonly options: RegExp;
  readonly message: string;
}

const DANGERS: readonly Danger[] = [
  {
    id: 'inspector',
    options: /^inspect(?:-brk|-wait)?$/,
    message: 'The inspector is on: anyone who can reach its port can run code and read every secret',
  },
  {
    id: 'memory-dump',
    options:
      /^(?:report-(?:on-fatalerror|on-signal|uncaught-exception)|heapsnapshot-(?:near-heap-limit|signal)|abort-on-uncaught-exception)$/,
    message:
      'A report, heap snapshot or core dump contains the environment or the memory, including every secret',
  },
  {
    id: 'insecure-http-parser',
    options: /^insecure-http-parser$/,
    message: 'The HTTP parser accepts malformed requests, which allows request smuggling past a proxy',
  },
  {
    id: 'weak-tls',
    options: /^(?:tls-min-v1\.[01]|openssl-legacy-provider)$/,
    message: 'Broken TLS versions or algorithms are allowed',
  },
  {
    id: 'tls-keylog',
    options: /^tls-keylog$/,
    message:
      'The keys of TLS connections are written to a file: anyone who reads it can decrypt the connections',
  },
  {
    id: 'security-revert',
    options: /^security-revert$/,
    message: 'A fixed vulnerability of Node is reopened',
  },
];

/**
 * Options and variables that expose secrets or weaken the process. This process stands for the service: it runs with
 * the same NODE_OPTIONS.
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
        fix: `remove ${names} from NODE_OPTIONS and from the start command`,
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
      message: 'NODE_TLS_REJECT_UNAUTHORIZED is 0: no TLS connection verifies the certificate',
      fix: 'unset it; to trust another CA, name its certificate file in NODE_EXTRA_CA_CERTS',
    });
  }
  const debug = ['NODE_DEBUG', 'NODE_DEBUG_NATIVE'].filter((name) => (env[name] ?? '') !== '');
  if (debug.length > 0) {
    warnings.push({
      id: 'node-debug',
      message: `${debug.join(' and ')} is set: Node logs its internals, including headers and passwords of connections`,
      fix: `unset ${debug.join(' and ')}`,
    });
  }
  return warnings;
}

/** The names of the options in force. Node reads `_` as `-`, and the last of `--x` and `--no-x` counts. */
function activeOptions(options: readonly string[]): readonly string[] {
  const active = new Set<string>();
  for (const option of options) {
    const [, no, name] = /^--(no-)?([^=]+)/.exec(option.replaceAll('_', '-')) ?? [];
    if (name === undefined) continue;
    if (no === undefined) active.add(name);
    else active.delete(name);
  }
  // With this option, reports do not contain the environment.
  const excludesEnv = active.has('report-exclude-env');
  return [...active].filter((name) => !(excludesEnv && name.startsWith('report-')));
}
