/** @file The repository that a checkpoint comes from. */
import { isHubName, parseHubName } from '../remote/hub/index.ts';

/** `owner/name` of a checkpoint's name on the hub; null where it is none, or a file or folder inside a repository. */
export function repoOf(source: string): string | null {
  if (!isHubName(source)) return null;
  const { repo, path } = parseHubName(source, 'model');
  return path === '' ? repo : null;
}
