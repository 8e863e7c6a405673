// The Expo client. Its plugin is the real one; the three modules of a phone that it asks are stood in for.
import assert from "node:assert/strict";
import { register } from "node:module";
import { createAuthClient } from "better-auth/client";
import { data, http, https, link, password, refused, scenario, someone } from "./kit.mjs";

const phone = {
  "react-native": `export const Platform = { OS: "ios" }; export const AppState = { addEventListener: () => ({ remove() {} }) };`,
  "expo-constants": `export default { expoConfig: { scheme: "myapp" } };`,
  "expo-linking": `export const createURL = (path, { scheme = "myapp" } = {}) => scheme + "://" + path.replace(/^[/]/, "");`,
};
const asURL = (source) => `data:text/javascript,${encodeURIComponent(source)}`;
const modules = Object.fromEntries(Object.entries(phone).map(([name, source]) => [name, asURL(source)]));
register(asURL(`const modules = ${JSON.stringify(modules)};
  export const resolve = (name, context, next) => name in modules ? { url: modules[name], shortCircuit: true } : next(name, context);`));

// open makes the app of a scheme: its client and what it keeps.
async function open({ url }, scheme = "myapp") {
  const { expoClient } = await import("@better-auth/expo/client"); // late: it changes when every client asks again
  const kept = new Map();
  const getItem = (key) => kept.get(key) ?? null;
  const setItem = (key, value) => void kept.set(key, value);
  const storage = { getItem, setItem, getItemAsync: async (key) => getItem(key), setItemAsync: async (key, value) => setItem(key, value) };
  return createAuthClient({ baseURL: url, plugins: [expoClient({ scheme, storage, cookiePrefix: http.prefix })] });
}

const session = async (app) => data(await app.getSession({ query: { disableCookieCache: true } }));

for (const [name, site] of Object.entries({ http, https })) {
  scenario(`expo on ${name}, from sign-up to sign-out`, async () => {
    const app = await open(site);
    const person = someone();
    data(await app.signUp.email({ ...person, callbackURL: "/home" })); // which the plugin makes myapp://home
    assert.equal((await session(app)).user.email, person.email);
    data(await app.updateUser({ name: "Grace" }));
    assert.equal((await session(app)).user.name, "Grace");
    const cookie = await app.getCookie();
    data(await app.signOut());
    assert.equal(await session(app), null);
    const copy = await fetch(`${site.url}/api/auth/get-session`, { headers: { cookie } });
    assert.equal(await copy.json(), null, "the session is over, not only forgotten");
    data(await app.signIn.email({ email: person.email, password }));
    assert.equal((await session(app)).user.email, person.email);
  });
}
scenario("expo, a forgotten password leads into the app", async () => {
  const app = await open(http);
  const person = someone();
  data(await app.signUp.email(person));
  const mailed = await link(http, person.email, async () => data(await app.requestPasswordReset({ email: person.email, redirectTo: "myapp://reset" })));
  const opened = await fetch(mailed, { redirect: "manual" });
  const [page, token] = opened.headers.get("location").split("?token=");
  assert.equal(page, "myapp://reset");
  data(await app.resetPassword({ newPassword: "another-horse-2", token }));
  refused(await app.requestPasswordReset({ email: person.email, redirectTo: "otherapp://reset" }), 403, "INVALID_REDIRECT_URL");
});
scenario("expo, another app is refused", async () => {
  const app = await open(http, "otherapp");
  refused(await app.signUp.email(someone()), 403, "INVALID_ORIGIN");
});
