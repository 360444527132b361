/** Purposes reserved for the package: signatures of the application for them could pass for the package's own. */
export type InternalPurpose = 'fleet' | 'page-cursor';

/** All of them. */
export const INTERNAL_PURPOSES: ReadonlySet<string> = new Set<InternalPurpose>(['fleet', 'page-cursor']);
