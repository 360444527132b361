/** The part of a prom-client registry that `register` uses. */
export interface MetricRegistry {
  /** As in prom-client's `Registry`. */
  registerMetric(metric: never): void;
  /** As in prom-client's `Registry`. */
  getSingleMetric(name: string): unknown;
}
