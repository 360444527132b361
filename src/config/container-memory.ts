/** What of `bytes` the container lets the process use. */
export function withinContainer(bytes: number): number {
  const limit = process.constrainedMemory();
  // 0 and astronomical figures both mean that the container sets no limit.
  return limit > 0 ? Math.min(bytes, limit) : bytes;
}
