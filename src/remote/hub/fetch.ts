/** @file Downloads what a plan lists: several files at a time, after a look at the free space. */
import { statfs } from 'node:fs/promises';
import { makeDirectory } from '../../run/atomic.ts';
import { noSpace } from './errors.ts';
import type { RepoFile } from './listing.ts';
import { fetchFile, type HubOptions, type HubPlan } from './plan.ts';

/** Files that are downloaded at the same time. */
const AT_ONCE = 4;

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
  const queue = [...files];
  const work = async (): Promise<void> => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      try {
        await fetchFile(file, plan.name, options);
      } catch (error) {
        // What the others have begun is kept by them; nothing new is begun.
        queue.length = 0;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return plan.locate();
}

/** @throws HubError before hours are spent on what does not fit */
async function requireSpace({ missingBytes }: HubPlan, { settings }: HubOptions): Promise<void> {
  makeDirectory(settings.cache);
  const { bavail, bsize } = await statfs(settings.cache);
  const free = bavail * bsize;
  if (missingBytes > free) throw noSpace(missingBytes, free, settings);
}
