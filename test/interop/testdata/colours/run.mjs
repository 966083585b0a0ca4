// Calls run of the composition in the folder given, and prints what it answers.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';

const dir = process.argv[2];
const { instantiate } = await import(pathToFileURL(`${dir}/composed.js`));
const core = async (name) => WebAssembly.compile(await readFile(`${dir}/${name}`));
const tasks = { Pending: class Pending {}, Ready: class Ready {} };
const bridge = { wait: () => { throw new Error('nothing is pending'); } };
const { run } = await instantiate(core, { 'isyswasfa:isyswasfa/isyswasfa': tasks, 'isyswasfa:bridge/bridge': bridge });
for (let n = 0; n < 20; n++) {
  console.log(JSON.stringify(run(n, 'é'.repeat(n))));
}
