/**
 * The directions of imports. docs/architecture.md says why.
 *
 * Rooms are the folders of src/. Each may import those before it in `ROOMS`, never one after it. Files directly in src/
 * (records, errors, random …) are the ground: they import no room. Tests may import anything.
 */
const { existsSync, readdirSync } = require('node:fs');
const { join } = require('node:path');

const ROOMS = [
  'torch',
  'gguf',
  'text',
  'run',
  'remote',
  'models',
  'grading',
  'world',
  'data',
  'inference',
  'rl',
  'evaluation',
  'stages',
  'serving',
  'app',
];

/** The steps of the training loop. They meet in src/rl/loop.ts, through src/records.ts. */
const STEPS = 'data|rl/(?:rollout|reward|advantage|loss|update)';

/** Interfaces that the small worlds implement. The indexes beside them list the implementations, so these go around them. */
const INTERFACES = '^src/(data/(source|split)|rl/reward/(definition|reward|token-ends))\\.ts$';

/** Loads libtorch, so the index beside it leaves it to those who have a model to load. */
const WITH_LIBTORCH = '^src/evaluation/checkpoint-target\\.ts$';

const upward = ROOMS.slice(0, -1).map((room, i) => ({
  name: `${room}-imports-no-later-room`,
  comment: `src/${room} comes before src/(${ROOMS.slice(i + 1).join('|')}).`,
  severity: 'error',
  from: { path: `^src/${room}/` },
  to: { path: `^src/(${ROOMS.slice(i + 1).join('|')})/`, pathNot: room === 'world' ? INTERFACES : undefined },
}));

/** Folders of src/ that have an index. */
function indexed(folder) {
  const below = readdirSync(join(__dirname, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => indexed(`${folder}/${entry.name}`));
  return folder !== 'src' && existsSync(join(__dirname, folder, 'index.ts')) ? [folder, ...below] : below;
}

const folders = indexed('src');
const doors = folders.map((folder) => ({
  name: `${folder.slice('src/'.length)}-has-one-door`,
  comment: `Import src/${folder.slice('src/'.length)}/index.ts; it exports what others import.`,
  severity: 'error',
  from: { path: '^src/', pathNot: `^${folder}/|^src/index\\.ts$` },
  to: {
    path: `^${folder}/`,
    // A folder inside that has an index of its own has its own rule.
    pathNot: [
      `^${folder}/index\\.ts$`,
      INTERFACES,
      WITH_LIBTORCH,
      ...folders.filter((one) => one.startsWith(`${folder}/`)).map((one) => `^${one}/`),
    ],
  },
}));

module.exports = {
  forbidden: [
    ...upward,
    ...doors,
    {
      name: 'ground-imports-no-room',
      comment: 'Files directly in src/ are used by every room; src/index.ts is the library’s own door.',
      severity: 'error',
      from: { path: '^src/[^/]+\\.ts$', pathNot: '^src/index\\.ts$' },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'steps-of-the-loop-stand-alone',
      comment: 'The steps of the training loop meet in src/rl/loop.ts, through src/records.ts.',
      severity: 'error',
      from: { path: `^src/(${STEPS})/` },
      to: { path: `^src/(${STEPS})/`, pathNot: '^src/$1/' },
    },
    {
      name: 'serving-is-not-training',
      comment: 'A server needs the models and the inference engine, nothing that trains or measures.',
      severity: 'error',
      from: { path: '^src/serving/' },
      to: { path: '^src/(grading|world|data|rl|evaluation|stages)/' },
    },
    {
      name: 'the-server-holds-no-model',
      comment:
        'HTTP never waits for a model: what touches one runs in a process of its own (serving/process/model-server.ts).',
      severity: 'error',
      from: {
        path: '^src/(serving/(http|access|observe|chat|formats)|inference/constraint)/|^src/serving/[^/]*\\.ts$|^src/serving/process/(index|model-process|event-stream)\\.ts$',
      },
      to: {
        path: '^src/(torch|models)/|^src/inference/(?!constraint/|lru-cache)|^src/serving/generation/|^src/serving/process/(load|child|model-server)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'no-tensors-here',
      comment: 'Data, text, grading and run directories work without libtorch.',
      severity: 'error',
      from: { path: '^src/(gguf|data|text|run|grading|remote|world|rl/advantage)/' },
      to: { path: '^src/(torch|models)/' },
    },
    {
      name: 'one-door-to-the-addon',
      comment: 'The binary boundary is src/torch/native.ts; only src/torch passes it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/torch/' },
      to: { path: '^src/torch/native\\.ts$' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'declared-dependencies',
      comment:
        'What dist/ imports is a dependency in package.json, not a devDependency or a package of a package.',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    // Type imports are imports: a layer's types are part of it.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.test|/testing)\\.ts$' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
