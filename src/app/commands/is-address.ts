/** @file isAddress: tells an endpoint from a checkpoint. */

/** Whether the target is a model elsewhere, and not a checkpoint that this process samples. */
export function isAddress(target: string): boolean {
  return /^https?:\/\//i.test(target);
}
