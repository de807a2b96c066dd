import { goalTable, printTable } from '../../timeouts/report.ts';
const [file, name, quick] = process.argv.slice(2);
const module = await import(`./${file}.ts`);
const t0 = performance.now();
const progress = (w: string) =>
  process.stderr.write(`[${((performance.now() - t0) / 1000).toFixed(0)} s] ${w}\n`);
const result = await module[name!]({ options: { quick: quick === 'quick', seed: 7 }, progress });
for (const t of result.tables) console.log(printTable(t) + '\n');
if (result.goals.length) console.log(printTable(goalTable(result.goals)));
progress('done');
process.exit(0);
