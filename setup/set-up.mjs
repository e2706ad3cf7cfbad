/**
 * @file Makes this package ready to run: npm packages, libtorch and a compiler, the addon, OpenBLAS's kernel, and
 * dist/ with the chat page in it; and what may be absent: Gloo's headers for ranks, bubblewrap for the Python sandbox.
 * Does nothing that is done already.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildAddon, planAddon } from './build-addon.mjs';
import { checkKernel } from './check-kernel.mjs';
import { installGloo } from './collectives.mjs';
import { compileSources } from './compile.mjs';
import { findTorch } from './find-torch.mjs';
import { withSetupLock } from './lock.mjs';
import { installPackages } from './packages.mjs';
import { compilePage } from './page.mjs';
import { PLATFORM, whyUnsupported } from './platform.mjs';
import { installPythonSandbox } from './python-sandbox.mjs';
import { EXIT_MISSING, ROOT, SetupError, say } from './report.mjs';
import { COMPILER, compilerVersion, installSystemPackages } from './system-packages.mjs';

/**
 * Sets the package up, and says on the way what it does.
 * @returns {Promise<{ torch: import('./find-torch.mjs').Torch, addon: string }>} what the addon was built against, and its file
 * @throws {SetupError} for what the person has to provide, with the commands that do
 */
export async function setUp() {
  checkPlatform();
  return withSetupLock(async () => {
    await installPackages();
    const { torch, compiler } = await requireTools();
    if (PLATFORM.os === 'linux') await installGloo(torch);
    const plan = planAddon(torch, compiler);
    await buildAddon(plan);
    await checkKernel({ addon: plan.addon, torch });
    await compileSources();
    await compilePage();
    if (PLATFORM.os === 'linux') await installPythonSandbox();
    requireProgram();
    say(`ready (torch ${torch.version} from ${torch.source === 'system' ? 'the system' : torch.dir})`);
    return { torch, addon: plan.addon };
  });
}

function checkPlatform() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    const what = `Node ${process.versions.node} is too old.`;
    throw new SetupError(what, 'Install Node 20.19 or newer.', EXIT_MISSING);
  }
  const unsupported = whyUnsupported(PLATFORM);
  if (unsupported !== null)
    throw new SetupError(unsupported, 'Use Linux; a container will do.', EXIT_MISSING);
}

/** libtorch and a C++ compiler, installed first if need be. */
async function requireTools() {
  let search = await findTorch();
  let compiler = await compilerVersion();
  if (search.torch === null || compiler === null) {
    const details = search.torch === null ? search.rejected.map((why) => `\n  ${why}`).join('') : '';
    await installSystemPackages({ torch: search.torch === null, compiler: compiler === null }, details);
    search = await findTorch();
    compiler = await compilerVersion();
  }
  if (search.torch === null || compiler === null) {
    const why = search.rejected.join('; ') || `${COMPILER} does not run`;
    throw new SetupError(`the installed packages do not serve: ${why}`, 'Set AHA_TORCH=<dir>.', EXIT_MISSING);
  }
  return { torch: search.torch, compiler };
}

/** A package from npm pack has dist/; one that was copied together by hand may not, nor what it is compiled from. */
function requireProgram() {
  if (existsSync(join(ROOT, 'dist', 'app', 'cli', 'main.js'))) return;
  const remedy = 'Install it again from a tarball: npm pack in a clone makes one.';
  throw new SetupError(`${ROOT} has neither dist/ nor the sources to compile it from.`, remedy, EXIT_MISSING);
}
