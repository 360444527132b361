export { BaseConfig } from './base.config.js';
export {
  type CacheConfig,
  type CacheCredentials,
  type CacheTls,
  cacheSentence,
  capToContainer,
} from './cache.config.js';
export type { DatabaseConfig, DatabaseTls } from './database.config.js';
export { ConfigGroup, Group, type GroupClass, type GroupOptions } from './config.group.js';
export { DevelopmentConfig } from './development.config.js';
export { checkedEnvironmentOf } from './load/checked-environment.js';
export { bootedInstanceOf, isStartupError, printReport } from './load/config.boot.js';
export { inspectConfig } from './load/config.inspection.js';
export { type LoadedSettings, createInstance, secretTextsOf, stateOf } from './load/config.instance.js';
export type { ExplainedSetting } from './load/explained-setting.js';
export { loadConfig } from './load/load-config.js';
export { UnsupportedNodeError } from './load/node-version.js';
export { type Check, type CheckFinding, type CheckResult, defineCheck } from './model/check.js';
export { type ConfigClass, type Environment, type LoadOptions, ancestorsOf } from './model/config-class.js';
export {
  type GroupShape,
  type Setting,
  groupsIn,
  isWithin,
  settingsOf,
  shapeOf,
} from './model/config-shape.js';
export {
  ConfigDefinitionError,
  ConfigError,
  type ConfigProblem,
  type ConfigProblemCode,
} from './model/config.error.js';
export {
  CONNECTION_WARNING_IDS,
  type ConfigWarning,
  WARNING_IDS,
  type WarningId,
  sentenceOf,
  warningIdOf,
} from './model/config.warning.js';
export { parseKey, parseKeys, showTime } from './model/scheduled-key.js';
export { SHOWS_ALL, redactCredentials, withRedactedView, showInstancesAs } from './model/redaction.js';
export { SecretTexts } from './model/secret-texts.js';
export {
  Env,
  type EnvOptions,
  Secret,
  type SecretOptions,
  type SettingOptions,
} from './model/setting.decorator.js';
export type { RequirementOptions } from './model/setting.registry.js';
export { PickedConfig } from './picked.config.js';
export { ProductionConfig } from './production.config.js';
export { valueAt } from './rules/nested-values.js';
export { findReusedSecrets } from './rules/secret-reuse.js';
export { databaseUrl } from './rules/setting.rules.js';
export { type HostPort, type UrlOptions, host, hostPort, port, url } from './rules/address.rules.js';
export { byteSize, duration, json, list, oneOf } from './rules/value.rules.js';
export { environmentOf, nodeEnvOf } from './sources/environment.source.js';
export { displayPath } from './sources/mounted-file.source.js';
export { generateSecretKey } from './strength/secret-key.js';
export { nonSecretOf } from './strength/weakness.js';
export { CLIENTS, cacheServerOf } from './urls/cache-server.js';
export { type ConnectionUrl, parseConnectionUrl, splitUrl } from './urls/connection-url.js';
export { isSentinelUrl, parseSentinelUrl } from './urls/sentinel-url.js';
