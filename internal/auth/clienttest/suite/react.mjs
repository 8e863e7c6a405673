// useSession of better-auth/react, in React, in jsdom.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { JSDOM } from "jsdom";
import { Browser, data, main, newcomer, scenario, until } from "./kit.mjs";

// React and the client look for a browser when they are loaded: this comes first. The network stays Node's.
const { window } = new JSDOM("<!doctype html>", { url: main.url });
for (const [name, value] of Object.entries({ window, document: window.document, navigator: window.navigator, localStorage: window.localStorage })) {
  Object.defineProperty(globalThis, name, { value, configurable: true }); // Node has some of them, read-only
}
const { createElement } = await import("react");
const { createRoot } = await import("react-dom/client");
const { createAuthClient } = await import("better-auth/react");

// mount renders components that each ask useSession, and notes every state that reaches the page.
async function mount(browser, components, use) {
  const seen = new Set(); // keeps the order of first sight
  const Who = () => {
    const { data, error, isPending } = browser.client.useSession();
    return createElement("p", null, isPending ? "loading" : error ? "error" : data ? `authenticated ${data.user.email}` : "unauthenticated");
  };
  const page = document.body.appendChild(document.createElement("main"));
  const read = () => [...new Set([...page.querySelectorAll("p")].map((p) => p.textContent))].join("|");
  const watcher = new window.MutationObserver(() => seen.add(read()));
  watcher.observe(page, { childList: true, characterData: true, subtree: true });
  const root = createRoot(page);
  root.render(Array.from({ length: components }, (_, key) => createElement(Who, { key })));
  try {
    await use((state) => until(() => [...seen], () => read() === state, `${state}; seen: ${[...seen]}`));
  } finally {
    root.unmount();
    watcher.disconnect();
    page.remove();
  }
  return [...seen];
}

const reads = (browser) => browser.sent.filter((s) => s === "GET /get-session").length;

// quiet waits until the client has had time for a request that it should not send.
const quiet = () => sleep(150);

scenario("useSession shows loading, authenticated, unauthenticated", async () => {
  const known = await newcomer();
  const b = new Browser({ create: createAuthClient });
  b.cookies = new Map(known.cookies);
  const seen = await mount(b, 1, async (shows) => {
    await shows(`authenticated ${known.email}`);
    data(await b.client.signOut());
    await shows("unauthenticated");
  });
  assert.deepEqual(seen, ["loading", `authenticated ${known.email}`, "unauthenticated"]);
});
scenario("useSession makes one read for several hooks, another after sign-in and sign-out", async () => {
  const known = await newcomer();
  const b = new Browser({ create: createAuthClient });
  const seen = await mount(b, 3, async (shows) => {
    await shows("unauthenticated");
    await quiet();
    assert.equal(reads(b), 1, "after mounting");
    data(await b.client.signIn.email(known));
    await shows(`authenticated ${known.email}`);
    await quiet();
    assert.equal(reads(b), 2, "after sign-in");
    data(await b.client.signOut());
    await shows("unauthenticated");
    await quiet();
    assert.equal(reads(b), 3, "after sign-out");
  });
  assert.deepEqual(seen, ["loading", "unauthenticated", `authenticated ${known.email}`]);
});
scenario("useSession shows a new name at once", async () => {
  const known = await newcomer();
  const b = new Browser({ create: createAuthClient });
  b.cookies = new Map(known.cookies);
  await mount(b, 1, async (shows) => {
    await shows(`authenticated ${known.email}`);
    data(await b.client.updateUser({ name: "Grace" }));
    await until(() => b.client.$store.atoms.session.get().data?.user.name, (name) => name === "Grace", "the new name");
  });
});
