import { Command } from 'commander';
import { expect, it } from 'vitest';
import { SetupError, type Torch } from '../../../setup/status.mjs';
import type { UserError } from '../../errors.ts';
import { addSetup } from './setup-command.ts';

async function run(work: Parameters<typeof addSetup>[2], ...argv: string[]): Promise<string[]> {
  const texts = ['', ''];
  const io = (i: number) => ({
    write(text: string): void {
      texts[i] += text;
    },
  });
  const program = new Command('aha');
  addSetup(program, { stdout: io(0), stderr: io(1) }, work);
  await program.parseAsync(['setup', ...argv], { from: 'user' });
  return texts;
}

const ready = { torch: { version: '1.13.0' } as Torch, addon: '/a/aha.node' };

it('prints what was built as JSON where it is asked for, else nothing of its own', async () => {
  expect(await run(async () => ready)).toEqual(['', '']);
  expect(await run(async () => ready, '--json')).toEqual([`${JSON.stringify(ready)}\n`, '']);
});

it('says what to install, with the exit status of the set-up', async () => {
  const missing = async (): Promise<never> => {
    throw new SetupError('libtorch not found.', 'sudo apt-get …\nthen run this command again.', 2);
  };
  const error = (await run(missing).catch((thrown: unknown) => thrown)) as UserError;
  expect(error.message).toBe('libtorch not found.\n  sudo apt-get …\n  then run this command again.');
  expect(error.exitCode).toBe(2);
});

it('leaves a defect a defect', async () => {
  const defect = new TypeError('no such thing');
  await expect(
    run(async () => {
      throw defect;
    }),
  ).rejects.toBe(defect);
});
