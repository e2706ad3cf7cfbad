/**
 * @file An artifact: the directory a stage leaves behind, complete when it holds its manifest, `artifact.json`.
 *
 * The manifest is written last and lists every file with its size and SHA-256, so that an interrupted stage is never
 * taken for a finished one, and a truncated, altered or missing file is refused by name. A directory named `state`
 * holds what an interrupted stage resumes from; it is no part of the artifact.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { z } from 'zod';
import { UserError } from '../errors.ts';
import { writeJsonAtomic } from './atomic.ts';
import { type FileSum, sumFile } from './checksum.ts';

/** Name of the manifest inside an artifact's directory. */
export const MANIFEST = 'artifact.json';

/** Name of the directory in which a stage keeps what it needs to resume. */
export const STATE = 'state';

/** Name of the file that says what an unfinished stage was started from. */
export const STARTED = 'started.json';

const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Kind of the stage that made it: `rl`, `sft` … */
  kind: z.string(),
  /** Name of the stage in its recipe. */
  stage: z.string(),
  /** Hash of the kind, the resolved configuration and the seed. */
  configHash: z.string(),
  /** Fingerprint of each input, by the reference in the recipe (`@stage` or a path). */
  inputs: z.record(z.string(), z.string()),
  /** When it was complete, ISO 8601. */
  createdAt: z.string(),
  /** Every file, by its path inside the directory with `/`. */
  files: z.record(z.string(), z.strictObject({ bytes: z.number(), sha256: z.string() })),
});

/** What `artifact.json` says. */
export type Manifest = z.output<typeof manifestSchema>;

/** An artifact whose files are what its manifest says. */
export interface Artifact {
  readonly dir: string;
  readonly manifest: Manifest;
  /** Hash of the files' names and contents: equal artifacts have equal digests. */
  readonly digest: string;
}

/**
 * Completes an artifact: lists the files of `dir` and writes the manifest.
 *
 * @param made - what made it; see `Manifest`
 */
export async function sealArtifact(
  dir: string,
  made: Pick<Manifest, 'kind' | 'stage' | 'configHash' | 'inputs'>,
): Promise<Artifact> {
  const files: Manifest['files'] = {};
  for (const path of await listFiles(dir)) {
    const full = join(dir, path);
    files[path] = { bytes: (await stat(full)).size, sha256: await hashFile(full) };
  }
  const { kind, stage, configHash, inputs } = made;
  const manifest: Manifest = {
    format: 1,
    kind,
    stage,
    configHash,
    inputs,
    createdAt: new Date().toISOString(),
    files,
  };
  await writeJsonAtomic(join(dir, MANIFEST), manifest);
  return { dir, manifest, digest: digestOf(manifest) };
}

/** Whether the directory holds a manifest: the stage that wrote it finished. Its files are not looked at. */
export function isComplete(dir: string): boolean {
  return existsSync(join(dir, MANIFEST));
}

/**
 * Opens an artifact and checks every file against the manifest. Files that were added since are no error.
 *
 * @param remedy - what to do about a damaged one; that of a stage's own directory unless given
 * @throws UserError naming the file that is missing, truncated or altered, or the manifest when it is none
 */
export async function openArtifact(dir: string, remedy = rerun(dir)): Promise<Artifact> {
  const artifact = readArtifact(dir);
  for (const [path, expected] of Object.entries(artifact.manifest.files)) {
    const full = join(dir, path);
    const bytes = await stat(full).then(
      (found) => found.size,
      () => null,
    );
    if (bytes === null) throw new UserError(`${full} is missing`, remedy);
    if (bytes !== expected.bytes) {
      const what = `is ${bytes} bytes long, but was ${expected.bytes} when ${MANIFEST} was written`;
      throw new UserError(`${full} ${what}`, remedy);
    }
    if ((await hashFile(full)) !== expected.sha256) {
      throw new UserError(`${full} was altered: its SHA-256 is not the one in ${MANIFEST}`, remedy);
    }
  }
  return artifact;
}

/**
 * What the manifest says, the files not looked at.
 *
 * @throws UserError when there is no manifest or it is not one of this version
 */
export function readArtifact(dir: string): Artifact {
  const path = join(dir, MANIFEST);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UserError(`${dir}: not a complete artifact, ${MANIFEST} cannot be read`, rerun(dir), { cause });
  }
  try {
    const manifest = manifestSchema.parse(JSON.parse(text));
    return { dir, manifest, digest: digestOf(manifest) };
  } catch (cause) {
    throw new UserError(`${path}: not a manifest of this version`, rerun(dir), { cause });
  }
}

/**
 * The digest of an artifact's files as they are now. A file that was not touched since the manifest was written, and
 * has the size it tells, counts as what it tells; any other is read.
 *
 * @throws UserError as `readArtifact` does
 */
export function currentDigest(dir: string): string {
  const { manifest } = readArtifact(dir);
  const sealed = statSync(join(dir, MANIFEST)).ctimeMs;
  const files = Object.entries(manifest.files).map(([path, expected]) => {
    const found = statSync(join(dir, path), { throwIfNoEntry: false });
    const untouched = found?.size === expected.bytes && found.ctimeMs < sealed;
    return [path, untouched ? expected : (sumFile(join(dir, path)) ?? MISSING)] as const;
  });
  return digestOf({ files: Object.fromEntries(files) });
}

const MISSING: FileSum = { bytes: 0, sha256: 'missing' };

function rerun(dir: string): string {
  return `Restore it from a copy, or delete ${dir} and resume the run to make it again.`;
}

/** All files of the directory, sorted; manifest, resume state and temporary files left out. */
async function listFiles(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(dir, sep).length).split(sep).join('/'))
    .filter((path) => path !== MANIFEST && path !== STARTED)
    .filter((path) => !path.startsWith(`${STATE}/`) && !path.endsWith('.tmp'))
    .sort();
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

function digestOf(manifest: Pick<Manifest, 'files'>): string {
  const lines = Object.entries(manifest.files).map(([path, { sha256 }]) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}
