// Allocates until V8 has collected garbage, between two asynchronous waits.
const { setTimeout: wait } = require('node:timers/promises');

function allocate() {
  const kept = [];
  for (let i = 0; i < 40000; i++) kept.push({ i, text: `number ${i}` });
  return kept.length;
}

async function main() {
  await wait(5);
  for (let i = 0; i < 5; i++) allocate();
  await wait(5);
}

main();
