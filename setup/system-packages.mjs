/**
 * @file Packages of the operating system: libtorch and a C++ compiler. Installed with apt-get when we may,
 * otherwise the exact commands are printed.
 */
import { PLATFORM, usualCompiler } from './platform.mjs';
import { capture, EXIT_MISSING, must, SetupError, say } from './report.mjs';

const PIP = 'python3 -m venv .venv && . .venv/bin/activate && pip install torch';

/** The C++ compiler to call. */
export const COMPILER = process.env.CXX ?? usualCompiler(PLATFORM);

/** Version of the C++ compiler, null when there is none. @returns {Promise<string | null>} */
export async function compilerVersion() {
  // clang knows the second alone, which newer versions of g++ answer with the first number of theirs.
  for (const questions of [['-dumpfullversion', '-dumpversion'], ['-dumpversion']]) {
    const { code, stdout } = await capture(COMPILER, questions);
    if (code === 0) return stdout.trim();
  }
  return null;
}

/**
 * Installs Debian packages, or stops with what to do.
 * @param {{ torch: boolean, compiler: boolean }} missing
 * @param {string} [details] - what was looked at and why it did not serve
 */
export async function installSystemPackages(missing, details = '') {
  const names = [];
  if (missing.torch) names.push('libtorch-dev', 'libopenblas0-openmp');
  if (missing.compiler) names.push('g++');
  const what = [missing.torch && 'libtorch', missing.compiler && `a C++ compiler (${COMPILER})`]
    .filter(Boolean)
    .join(' and ');
  const apt = (await capture('apt-get', ['--version'])).code === 0;
  const root = process.getuid?.() === 0;
  if (!apt || !root) {
    throw new SetupError(`${what} not found.${details}`, byHand(missing, names, apt), EXIT_MISSING);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const failed = { env, remedy: `Install by hand:\n${byHand(missing, names, apt)}`, exitCode: EXIT_MISSING };
  say(`${what} not found: apt-get update`);
  await must('apt-get', ['update', '-qq'], failed);
  if (missing.torch) await refuseOldPackage();
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...names];
  say(`apt-get ${install.join(' ')}`);
  await must('apt-get', install, failed);
}

/** The distribution may have no libtorch, or one too old: then only pip helps. */
async function refuseOldPackage() {
  const { stdout } = await capture('apt-cache', ['policy', 'libtorch-dev']);
  const candidate = /Candidate: (\d+)\.(\d+)/.exec(stdout);
  const [major = 0, minor = 0] = candidate ? [Number(candidate[1]), Number(candidate[2])] : [];
  if (major > 1 || (major === 1 && minor >= 13)) return;
  const offered = candidate ? `libtorch-dev ${major}.${minor}, which is older than 1.13` : 'no libtorch-dev';
  throw new SetupError(`this distribution offers ${offered}.`, `Install PyTorch:\n${PIP}`, EXIT_MISSING);
}

/**
 * What to do by hand, a line each.
 * @param {{ torch: boolean, compiler: boolean }} missing
 * @param {readonly string[]} names - Debian packages
 * @param {boolean} apt - whether apt-get is there
 * @param {import('./platform.mjs').Platform} [platform]
 */
export function byHand(missing, names, apt, platform = PLATFORM) {
  const lines = [];
  if (apt)
    lines.push(`sudo apt-get update && sudo apt-get install -y --no-install-recommends ${names.join(' ')}`);
  else if (missing.compiler && platform.os === 'darwin') lines.push('xcode-select --install');
  else if (missing.compiler) lines.push('Install g++ 11 or newer with your package manager, or set CXX.');
  if (missing.torch) lines.push(`${apt ? 'or, for GPUs or a newer torch: ' : ''}${PIP}`);
  lines.push('then run this command again.');
  return lines.join('\n');
}
