import type { ConfigProblem } from '../model/config.error.js';
import type { Setting } from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';

/** The connections that a service may open, and those that it gets. */
interface ConnectionBudget {
  /** The most connections of one process. */
  readonly pool: number;
  /** How many processes share the database; undefined counts as one. */
  readonly replicas: number | undefined;
  readonly granted: number;
}

/** The sum and what to change, if all pools together exceed what the database grants. */
export function excessConnections({ pool, replicas, granted }: ConnectionBudget): string | undefined {
  const processes = replicas ?? 1;
  const sum = pool * processes;
  if (sum <= granted) return undefined;
  const each = Math.floor(granted / processes);
  const way =
    each > 0
      ? `at most ${each}, or put a pooler in front`
      : 'fewer than one for each replica: run fewer replicas, or put a pooler in front';
  return `${termOf(pool, replicas)} = ${sum}, more than the ${granted} that the database grants: ${way}`;
}

/** The sum as a fact, such as '10 x 12 replicas = 120'. */
export function connectionSum(pool: number, replicas: number | undefined): string {
  return `${termOf(pool, replicas)} = ${pool * (replicas ?? 1)}`;
}

function termOf(pool: number, replicas: number | undefined): string {
  if (replicas === undefined) return `${pool} x 1 process (REPLICAS is unset)`;
  return `${pool} x ${replicas} ${replicas === 1 ? 'replica' : 'replicas'}`;
}

/** The settings of the sum. */
export const BUDGET_NAMES = ['DATABASE_POOL_MAX', 'REPLICAS', 'DATABASE_MAX_CONNECTIONS'] as const;

/**
 * The problem that DATABASE_POOL_MAX times REPLICAS exceeds DATABASE_MAX_CONNECTIONS. No rule of one setting finds it:
 * Joi does not check defaults, and a class may have its own default.
 */
export function connectionBudgetProblem(
  settings: ReadonlyMap<string, Setting>,
  values: Readonly<Record<string, unknown>>,
  readings: ReadonlyMap<string, RawSetting>,
): ConfigProblem | undefined {
  const [name] = BUDGET_NAMES;
  const [pool, replicas, granted] = BUDGET_NAMES.map((each) => values[each]);
  if (typeof pool !== 'number' || typeof granted !== 'number') return undefined;
  const message = excessConnections({
    pool,
    replicas: typeof replicas === 'number' ? replicas : undefined,
    granted,
  });
  if (message === undefined) return undefined;
  const isSecret = BUDGET_NAMES.some((each) => settings.get(each)?.secret === true);
  return {
    name,
    code: 'invalid',
    message: isSecret ? 'times REPLICAS is more than DATABASE_MAX_CONNECTIONS' : message,
    ...(readings.has(name) ? { origin: readings.get(name)!.origin } : {}),
  };
}
