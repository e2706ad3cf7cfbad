/** @file What `aha eval` measures: a checkpoint, or a model behind an address. */

/** Whether the target is a model elsewhere, and not a checkpoint that this process samples. */
export function isAddress(target: string): boolean {
  return /^https?:\/\//i.test(target);
}
