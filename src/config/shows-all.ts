/** Marks a class of the library whose instances hold nothing that their JSON does not show. */
export const SHOWS_ALL = Symbol('shows all');
