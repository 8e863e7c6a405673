// A server between the browser and the provider, made of Hono: it forwards headers and hands cookies back.
import assert from "node:assert/strict";
import { serve } from "@hono/node-server";
import { getSessionCookie } from "better-auth/cookies";
import { Hono } from "hono";
import { createAuthClient } from "better-auth/client";
import { Browser, data, http, https, newcomer, password, scenario } from "./kit.mjs";

const changed = "another-horse-2";

// front runs the server for a site; use gets its address.
async function front({ url, prefix }, use) {
  const auth = createAuthClient({ baseURL: url });
  const handBack = (c) => ({ onResponse: ({ response }) => response.headers.getSetCookie().forEach((line) => c.header("set-cookie", line, { append: true })) });
  const app = new Hono();
  app.use("/account/*", async (c, next) => (getSessionCookie(c.req.raw, { cookiePrefix: prefix }) ? next() : c.redirect("/sign-in")));
  app.get("/account/me", async (c) => c.json(data(await auth.getSession({ fetchOptions: { headers: c.req.raw.headers, ...handBack(c) } }))));
  app.post("/account/password", async (c) => {
    const headers = { cookie: c.req.header("cookie"), origin: c.req.header("origin") };
    const { currentPassword, newPassword, keep } = await c.req.json();
    return c.json(data(await auth.changePassword({ currentPassword, newPassword }, { headers, ...(keep && handBack(c)) })).user);
  });
  const listening = await new Promise((ready) => { const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () => ready(server)); });
  try {
    await use(`http://127.0.0.1:${listening.address().port}`);
  } finally {
    listening.close();
  }
}

for (const [name, site] of Object.entries({ http, https })) {
  scenario(`a Hono server on ${name} knows who is there`, async () => {
    const b = await newcomer(site);
    await front(site, async (url) => {
      b.cookies.delete(`${site.prefix}.session_data`);
      const { user } = await (await b.fetch(`${url}/account/me`)).json();
      assert.equal(user.email, b.email);
      assert.ok(b.cookie("session_data"), "the cache comes back through it");
      assert.equal((await (await b.fetch(`${url}/account/me`)).json()).user.email, b.email);
      const stranger = new Browser({ site });
      assert.equal(await stranger.open(`${url}/account/me`), "/sign-in");
    });
    data(await b.client.signOut());
  });
}
scenario("a Hono server that hands cookies back changes the password of a session that goes on", async () => {
  const b = await newcomer(http);
  await front(http, async (url) => {
    const post = (keep, currentPassword, newPassword) =>
      b.fetch(`${url}/account/password`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ currentPassword, newPassword, keep }) });
    assert.equal((await (await post(true, password, changed)).json()).email, b.email);
    assert.equal((await b.stored()).user.email, b.email);
    assert.equal((await (await post(false, changed, password)).json()).email, b.email);
    assert.equal(await b.stored(), null, "whose server keeps them is out");
  });
});
