/**
 * Result files: reading, checking, adding to. The fields:
 *
 *   schema       2 (1: an older run without groups, families and tails; read as well)
 *   machine      cpu, cpus, memoryGB, features, isa, os, node, commit, date
 *   model        name of the folder; linearParameters: weights of its linear layers
 *   settings     rounds, budgetMs, threads: [1, 2]
 *   reference    the engine that `ratio` divides by
 *   cases        the rows of cases.mjs; `flops` of one forward where the case is one text
 *   engines      name, family, arithmetic, version, install: { bytes, files } or null
 *   results      case, threads, engine, unit, median, q1, q3, rounds: [..], ratio: { median, q1, q3 } or null;
 *                latencies also p90, p99, calls
 *   noise        share of a core others used: othersMedian, othersMax; stolenMax
 *   coreScaling  threads → [before, after]: work of so many threads over the work of one
 *   peaks        optional: threads → { operations: { f32, bf16, int8 } }, operations a second with operands in registers, a
 *                multiply-add counting as two; null or absent = not measured
 *   accuracy     optional: what accuracy.mjs writes: { machine, model, results }
 */
import fs from 'node:fs';
import { cases } from './cases.mjs';
import { engines } from './engines.mjs';

/** @throws Error that names file and field. */
export function readResult(file) {
  const report = readJson(file);
  for (const name of ['machine', 'settings', 'noise', 'coreScaling'])
    need(file, name, isObject(report[name]), 'an object');
  for (const name of ['cases', 'engines', 'results']) need(file, name, Array.isArray(report[name]), 'a list');
  need(file, 'schema', [1, 2].includes(report.schema), '1 or 2');
  if (report.peaks) checkPeaks(file, report.peaks);
  if (report.accuracy) checkAccuracy(file, report.accuracy);
  if (report.schema === 2) return report;
  // A file of schema 1 lacks what only says how to draw it.
  const complete = (list, known) => list.map((row) => ({ ...known.find(({ name }) => name === row.name), ...row }));
  return { ...report, cases: complete(report.cases, cases), engines: complete(report.engines, engines) };
}

/** Writes the whole file or nothing of it. */
export function writeResult(file, report) {
  const part = `${file}.part`;
  fs.writeFileSync(part, `${JSON.stringify(report, null, 1)}\n`);
  fs.renameSync(part, file);
}

/** The figure of one cell, or undefined. */
export const findResult = (report, engine, name, threads) =>
  report.results.find((r) => r.engine === engine && r.case === name && r.threads === threads);

/** GFLOP/s of the machine's peak in one arithmetic; null where it was not measured. */
export function peakOf(report, threads, arithmetic) {
  const rate = report.peaks?.[threads]?.operations[arithmetic];
  return rate ? rate / 1e9 : null;
}

/** GFLOP/s of a latency result, and its per cent of the machine's peak (null where that was not measured). */
export function achieved(report, row, engine, result) {
  if (!row.flops || !result) return null;
  const gflops = row.flops / (result.median * 1e6);
  const peak = peakOf(report, result.threads, engine.arithmetic);
  return { gflops, percent: peak && (100 * gflops) / peak };
}

function checkPeaks(file, peaks) {
  for (const [threads, own] of Object.entries(peaks)) {
    need(file, `peaks.${threads}.operations`, isObject(own?.operations), 'an object: arithmetic → operations a second');
    for (const [kind, rate] of Object.entries(own.operations)) {
      const fine = rate === null || (Number.isFinite(rate) && rate > 0);
      need(file, `peaks.${threads}.operations.${kind}`, fine, 'operations a second, above 0, or null');
    }
  }
}

function checkAccuracy(file, accuracy) {
  need(file, 'accuracy.results', Array.isArray(accuracy.results), 'a list');
  accuracy.results.forEach(({ engine, spearman }, i) => {
    need(file, `accuracy.results[${i}].engine`, typeof engine === 'string', 'a name');
    need(file, `accuracy.results[${i}].spearman`, Number.isFinite(spearman), 'a number');
  });
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new Error(`${file} cannot be read as JSON: ${cause.message}`, { cause });
  }
}

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

function need(file, field, fine, must) {
  if (!fine) throw new Error(`${file}: ${field} must be ${must}`);
}
