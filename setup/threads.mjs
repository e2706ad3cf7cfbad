/**
 * @file Settings of libtorch's libraries for the CPU: how threads wait, how many there are, and OpenBLAS's kernel. The
 * libraries read them once, when the addon loads.
 *
 * OpenMP threads spin while they wait unless told otherwise. On a busy machine with few cores the spinning takes the
 * core the other thread needs: two threads then run slower than one. What the person set is never changed.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { currentAddon } from './build-addon.mjs';
import { readVerdict, verdictFile } from './kernel-verdict.mjs';
import { readProcessor } from './processor.mjs';
import { ROOT } from './report.mjs';

/** @typedef {import('./kernel-verdict.mjs').Verdict} Verdict */

/**
 * @typedef {object} CoreType - OpenBLAS's kernel, as the environment asks for it
 * @property {string | null} value - value of OPENBLAS_CORETYPE; null: OpenBLAS chooses
 * @property {'set' | 'checked' | 'unchecked'} source - set before this process, the set-up's verdict, or no verdict
 * @property {string} why - one line
 */

/**
 * @typedef {object} ThreadPolicy
 * @property {string} waitPolicy - value of OMP_WAIT_POLICY
 * @property {number} threads - how many threads OpenMP will start
 * @property {string} why - where these two come from, one line
 * @property {CoreType} coreType
 */

/**
 * Sets OMP_WAIT_POLICY, OMP_NUM_THREADS where a container may use fewer cores than it sees, and OPENBLAS_CORETYPE where
 * the set-up found a better kernel than OpenBLAS's choice; says what holds now.
 * @param {NodeJS.ProcessEnv} [env]
 * @param {Verdict | null} [verdict] - the set-up's on this machine
 * @returns {ThreadPolicy}
 */
export function applyThreadPolicy(env = process.env, verdict) {
  const applied = APPLIED.get(env) ?? apply(env, verdict === undefined ? keptVerdict() : verdict);
  APPLIED.set(env, applied);
  return applied;
}

/** What was decided for an environment: asked again, the reason is still why, not that it was set.
 * @type {WeakMap<NodeJS.ProcessEnv, ThreadPolicy>} */
const APPLIED = new WeakMap();

/** @param {NodeJS.ProcessEnv} env @param {Verdict | null} verdict @returns {ThreadPolicy} */
function apply(env, verdict) {
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
  const coreType = applyCoreType(env, verdict);
  return { waitPolicy: env.OMP_WAIT_POLICY ?? 'PASSIVE', threads, why: reasons.join('; '), coreType };
}

/** @param {NodeJS.ProcessEnv} env @param {Verdict | null} verdict @returns {CoreType} */
function applyCoreType(env, verdict) {
  const set = env.OPENBLAS_CORETYPE;
  if (set !== undefined) return { value: set, source: 'set', why: `OPENBLAS_CORETYPE=${set} is set` };
  if (verdict === null) {
    return {
      value: null,
      source: 'unchecked',
      why: 'the set-up has not looked for a better one on this machine',
    };
  }
  if (verdict.coreType !== null) env.OPENBLAS_CORETYPE = verdict.coreType;
  return { value: verdict.coreType, source: 'checked', why: verdict.why };
}

/** The set-up's verdict on the kernel for this machine and the addon in use; null where there is none. */
function keptVerdict() {
  const addon = currentAddon();
  if (addon === null) return null;
  return readVerdict(
    verdictFile(ROOT, readProcessor(), { version: addon.torchVersion, dir: addon.torchDir }),
  );
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
