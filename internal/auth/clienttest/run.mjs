// Runs the scenarios one after another, those whose name contains an argument: node run.mjs [part of a name …]
import { scenarios } from "./suite/kit.mjs";

const parts = [
  "account", "admin", "react", "server", "phone",
  "twofactor", // part:twofactor
  "passkey", // part:passkey
];
for (const part of parts) await import(`./suite/${part}.mjs`);
const wanted = process.argv.slice(2);
let passed = 0, failed = 0;
for (const { name, run } of scenarios) {
  if (wanted.length && !wanted.some((w) => name.includes(w))) continue;
  try {
    await run();
    passed++;
    console.log(`ok ${name}`);
  } catch (e) {
    failed++;
    const at = /suite\/\w+\.mjs:\d+/.exec(e.stack ?? "")?.[0];
    console.log(`FAIL ${name}: ${String(e.message ?? e).replace(/\s+/g, " ").slice(0, 400)} (${at})`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0); // the client's timers would keep Node alive
