/** @file Time that a computation took of the processor: how long it took by the clock depends on what else runs. */

/** Milliseconds of processor time that this process has used, to take differences of. */
export function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
