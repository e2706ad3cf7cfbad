/** @file The worker thread JavaScript programs run in. */
import { type JavascriptJob, runInQuickJs } from './javascript-run.ts';

/** What the pool calls. */
export default (job: JavascriptJob) => runInQuickJs(job);
