/**
 * @file Inputs that travel with a run: files from outside the run directory that its recipe names, in `inputs/` of the run
 * directory after `aha unpack`; inputs.json says which is which.
 *
 * An input keeps the fingerprint it had where the run began, so that stages are not run again for a file's new date. Once
 * its copy here changes, it is another input.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reasonOf, UserError } from '../../errors.ts';
import { writeJsonAtomic } from '../../run/atomic.ts';
import { inputFingerprint } from './provenance.ts';

/** The list of a run's carried inputs, in its directory. */
export const CARRIED = 'inputs.json';
/** Folder of the files. */
export const CARRIED_FILES = 'inputs';

const schema = z.strictObject({
  format: z.literal(1),
  inputs: z.array(
    z.strictObject({
      /** As the recipe names it. */
      reference: z.string(),
      /** Path in the run directory. */
      path: z.string(),
      /** Where the run began. */
      fingerprint: z.string(),
      /** Of the copy, once it is unpacked. */
      here: z.string().optional(),
    }),
  ),
});

/** One input that travels. */
export type CarriedInput = z.output<typeof schema>['inputs'][number];

/** The inputs that came with a run, by the name in the recipe. */
export type CarriedInputs = ReadonlyMap<string, { readonly path: string; fingerprint(): string }>;

/** Writes inputs.json into a run directory. */
export async function writeCarried(dir: string, inputs: readonly CarriedInput[]): Promise<void> {
  if (inputs.length > 0) await writeJsonAtomic(join(dir, CARRIED), { format: 1, inputs });
}

/** Notes what the copies are, once they are in place. */
export async function settleCarried(dir: string): Promise<void> {
  const inputs = list(dir).map((input) => ({ ...input, here: inputFingerprint(join(dir, input.path)) }));
  await writeCarried(dir, inputs);
}

/** The inputs that came with the run in `dir`; none where it began there. @throws UserError for a damaged list */
export function readCarried(dir: string): CarriedInputs {
  return new Map(
    list(dir).map(({ reference, path, fingerprint, here }) => {
      const place = join(dir, path);
      const current = () => {
        const found = inputFingerprint(place);
        return found === here ? fingerprint : found;
      };
      return [reference, { path: place, fingerprint: current }];
    }),
  );
}

function list(dir: string): readonly CarriedInput[] {
  const file = join(dir, CARRIED);
  if (!existsSync(file)) return [];
  try {
    return schema.parse(JSON.parse(readFileSync(file, 'utf8'))).inputs;
  } catch (cause) {
    throw new UserError(`${file}: damaged (${reasonOf(cause)})`, 'Unpack the run again.', { cause });
  }
}
