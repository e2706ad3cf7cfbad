/** @file Downloads what a plan lists: several files at a time, after a look at the free space. */
import { statfs } from 'node:fs/promises';
import { basename } from 'node:path';
import { makeDirectory } from '../../run/atomic.ts';
import { noSpace } from './errors.ts';
import type { RepoFile } from './listing.ts';
import { fetchFile, type HubOptions, type HubPlan } from './plan.ts';

/** Files that are downloaded at the same time. */
const AT_ONCE = 4;

/** Downloaded when all others are there: plan.ts takes a model in the cache that has it for whole. */
const LAST = 'tokenizer.json';

/**
 * Downloads the files of a plan that are missing. Interrupted, the same call goes on.
 * @param wanted - which of them; all unless given
 * @returns where it is; complete where all files were wanted
 * @throws HubError for the first file that fails, and where the disk has no room for all
 */
export async function fetchPlan(
  plan: HubPlan,
  options: HubOptions,
  wanted: (file: RepoFile) => boolean = () => true,
): Promise<string> {
  const files = plan.missing.filter(wanted);
  if (files.length === plan.missing.length && files.length > 0) await requireSpace(plan, options);
  const isLast = ({ path }: RepoFile): boolean => basename(path) === LAST;
  await fetchAtOnce(
    files.filter((file) => !isLast(file)),
    plan,
    options,
  );
  await fetchAtOnce(files.filter(isLast), plan, options);
  return plan.locate();
}

async function fetchAtOnce(
  files: readonly RepoFile[],
  { name }: HubPlan,
  options: HubOptions,
): Promise<void> {
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      try {
        await fetchFile(file, name, options);
      } catch (error) {
        // What the others have begun is kept by them; nothing new is begun.
        queue.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** @throws HubError before hours are spent on what does not fit */
async function requireSpace({ missingBytes }: HubPlan, { settings }: HubOptions): Promise<void> {
  makeDirectory(settings.cache);
  const { bavail, bsize } = await statfs(settings.cache);
  const free = bavail * bsize;
  if (missingBytes > free) throw noSpace(missingBytes, free, settings);
}
