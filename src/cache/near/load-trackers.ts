/** The in-flight loads of one component. */
export interface LoadTracker {
  has(key: string): boolean;
  /**
   * Discards the result of a load, or of all loads without a key.
   *
   * @param isRemote whether another process has changed the key. Default: false
   */
  drop(key?: string, isRemote?: boolean): void;
}

/** The in-flight loads of all components. */
export class LoadTrackers implements LoadTracker {
  private readonly parts: LoadTracker[] = [];

  add(part: LoadTracker): void {
    this.parts.push(part);
  }

  has(key: string): boolean {
    return this.parts.some((part) => part.has(key));
  }

  drop(key?: string, isRemote?: boolean): void {
    for (const part of this.parts) part.drop(key, isRemote);
  }
}
