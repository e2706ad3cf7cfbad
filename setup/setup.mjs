/**
 * @file Makes this directory ready to run: npm packages, libtorch and a compiler, the addon, OpenBLAS's kernel, and
 * dist/ with the chat page in it; and bubblewrap for the Python sandbox, which may be absent.
 * Does nothing that is done already; `npm run demo` and `npm test` begin with it.
 */
import { buildAddon, planAddon } from './build-addon.mjs';
import { checkKernel } from './check-kernel.mjs';
import { compileSources } from './compile.mjs';
import { findTorch } from './find-torch.mjs';
import { withSetupLock } from './lock.mjs';
import { installPackages } from './packages.mjs';
import { compilePage } from './page.mjs';
import { installPythonSandbox } from './python-sandbox.mjs';
import { EXIT_MISSING, SetupError, say } from './report.mjs';
import { compilerVersion, installSystemPackages } from './system-packages.mjs';

async function main() {
  checkPlatform();
  await withSetupLock(async () => {
    await installPackages();
    const { torch, compiler } = await requireTools();
    const plan = planAddon(torch, compiler);
    await buildAddon(plan);
    await checkKernel({ addon: plan.addon, torch });
    await compileSources();
    await compilePage();
    await installPythonSandbox();
    say(`ready (torch ${torch.version} from ${torch.source === 'system' ? 'the system' : torch.dir})`);
  });
}

function checkPlatform() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    const what = `Node ${process.versions.node} is too old.`;
    throw new SetupError(what, 'Install Node 20.19 or newer.', EXIT_MISSING);
  }
  if (process.platform !== 'linux') {
    throw new SetupError(
      `${process.platform} is not supported.`,
      'Use Linux; a container will do.',
      EXIT_MISSING,
    );
  }
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
    const why = search.rejected.join('; ') || 'g++ does not run';
    throw new SetupError(`the installed packages do not serve: ${why}`, 'Set AHA_TORCH=<dir>.', EXIT_MISSING);
  }
  return { torch: search.torch, compiler };
}

try {
  await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`\nsetup: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
