/**
 * @file A note for runs on cores that other work keeps busy: every operator on several threads waits for the last of them to
 * get a core. One thread waits for nobody.
 */

/**
 * The note; null on a GPU, with one thread, and where cores are free.
 * @param threads - inside an operator
 * @param cores - that the process may use
 * @param load - averages over one and five minutes of the processes that run or want to, as `os.loadavg()` gives them
 */
export function busyCores(
  device: string,
  threads: number,
  cores: number,
  load: readonly number[],
): string | null {
  // Over five minutes too: a set-up that has just compiled the addon is no other work.
  const least = Math.min(load[0] ?? 0, load[1] ?? 0);
  if (device !== 'cpu' || threads === 1 || least < cores) return null;
  const seen = `other work keeps the cores busy (load ${least.toFixed(1)} on ${cores})`;
  return `${seen}: with AHA_THREADS=1 a small model takes down to a third of the time. Results differ in their last bits.`;
}
