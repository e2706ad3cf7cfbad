/**
 * @file How libtorch's CPU threads wait and how many there are; must run before the addon loads libgomp.
 *
 * OpenMP threads spin while they wait unless told otherwise. On a busy machine with few cores the spinning takes the
 * core the other thread needs: two threads then run slower than one. What the person set is never changed.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * @typedef {object} ThreadPolicy
 * @property {string} waitPolicy - value of OMP_WAIT_POLICY
 * @property {number} threads - how many threads OpenMP will start
 * @property {string} why - where these two come from, one line
 */

/**
 * Sets OMP_WAIT_POLICY, and OMP_NUM_THREADS where a container may use fewer cores than it sees; says what holds now.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {ThreadPolicy}
 */
export function applyThreadPolicy(env = process.env) {
  const applied = APPLIED.get(env) ?? apply(env);
  APPLIED.set(env, applied);
  return applied;
}

/** What was decided for an environment: asked again, the reason is still why, not that it was set.
 * @type {WeakMap<NodeJS.ProcessEnv, ThreadPolicy>} */
const APPLIED = new WeakMap();

/** @param {NodeJS.ProcessEnv} env @returns {ThreadPolicy} */
function apply(env) {
  const reasons = [];
  if (env.OMP_WAIT_POLICY === undefined) {
    env.OMP_WAIT_POLICY = 'PASSIVE';
    reasons.push('threads sleep while waiting, since spinning threads slow a busy machine down');
  } else {
    reasons.push(`OMP_WAIT_POLICY=${env.OMP_WAIT_POLICY} is set`);
  }
  const cores = availableParallelism();
  const quota = cpuQuota();
  if (env.OMP_NUM_THREADS !== undefined) {
    reasons.push(`OMP_NUM_THREADS=${env.OMP_NUM_THREADS} is set`);
  } else if (quota !== null && quota < cores) {
    env.OMP_NUM_THREADS = String(quota);
    reasons.push(`the container may use ${quota} of ${cores} cores`);
  }
  const threads = Number.parseInt(env.OMP_NUM_THREADS ?? '', 10) || cores;
  return { waitPolicy: env.OMP_WAIT_POLICY ?? 'PASSIVE', threads, why: reasons.join('; ') };
}

/**
 * Cores this control group may use, rounded up; null where there is no limit.
 * @param {string} [path] - the cgroup v2 file `cpu.max`: "<quota> <period>" in microseconds, or "max <period>"
 * @returns {number | null}
 */
export function cpuQuota(path = '/sys/fs/cgroup/cpu.max') {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const [quota, period] = text.trim().split(' ').map(Number);
  if (quota === undefined || period === undefined || !(quota > 0) || !(period > 0)) return null;
  return Math.max(1, Math.ceil(quota / period));
}
