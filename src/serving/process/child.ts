/** @file The program of a model's process. */
import { loadServed } from './load.ts';
import { serveModel } from './model-server.ts';

serveModel(loadServed);
