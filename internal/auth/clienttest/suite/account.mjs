// One's own account: coming and going, sessions, password, address, the end.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Browser, data, limited, link, mailed, main, newcomer, password, refused, scenario, short, someone, strict, visitor } from "./kit.mjs";

const changed = "another-horse-2";
const stranger = () => new Browser().client;

scenario("sign-up starts a session", async () => {
  const b = await newcomer();
  assert.deepEqual([b.user.name, b.user.email, b.user.emailVerified, b.user.image, b.user.role, b.user.banned], ["Ada", b.email, false, null, "user", false]);
  assert.equal((await b.stored()).user.id, b.user.id);
});
scenario("sign-up with a taken address", async () => {
  const { email } = await newcomer();
  refused(await stranger().signUp.email({ name: "Eve", email: email.toUpperCase(), password }), 422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL");
});
scenario("sign-up with a short password", async () => {
  refused(await stranger().signUp.email({ ...someone(), password: "short" }), 400, "PASSWORD_TOO_SHORT");
});
scenario("sign-in, and what it refuses", async () => {
  const b = await newcomer();
  assert.equal((await visitor(b)).user.id, b.user.id);
  for (const email of [b.email, someone().email]) {
    refused(await stranger().signIn.email({ email, password: "not-the-password" }), 401, "INVALID_EMAIL_OR_PASSWORD");
  }
});
scenario("sign-out ends this session alone", async () => {
  const here = await newcomer();
  const there = await visitor(here);
  const thief = here.copy();
  assert.deepEqual(data(await here.client.signOut()), { success: true });
  assert.equal(here.cookies.size, 0);
  assert.deepEqual([await here.session(), await thief.session()], [null, null]);
  assert.ok(await there.stored());
});
scenario("a session as the client sees it", async () => {
  const b = await newcomer();
  for (const { session, user } of [await b.stored(), await b.session()]) {
    assert.equal(session.userId, user.id);
    for (const date of [session.expiresAt, session.createdAt, session.updatedAt, user.createdAt, user.updatedAt]) assert.ok(date instanceof Date);
    const days = (session.expiresAt - Date.now()) / 864e5;
    assert.ok(days > 6.9 && days <= 7, `${days} days`);
    assert.equal(session.impersonatedBy, null);
    assert.doesNotMatch(JSON.stringify({ session, user }), /hash|"password/i);
  }
  assert.equal(await new Browser().session(), null);
});
scenario("the cached session follows update-user", async () => {
  const b = await newcomer();
  assert.equal((await b.session()).user.name, "Ada");
  assert.deepEqual(b.answer.headers.getSetCookie(), [], "a cache hit sets no cookie");
  data(await b.client.updateUser({ name: "Grace", image: "https://example.com/g.png" }));
  const { user } = await b.session();
  assert.deepEqual([user.name, user.image], ["Grace", "https://example.com/g.png"]);
});
scenario("a token that scripts can read is no credential", async () => {
  const b = await newcomer();
  const { token } = (await b.stored()).session;
  const signature = decodeURIComponent(b.cookie("session_token")).split(".")[1];
  assert.ok(!decodeURIComponent(b.cookie("session_token")).includes(token));
  for (const value of [token, `${token}.${signature}`]) {
    const thief = new Browser();
    thief.setCookie("session_token", encodeURIComponent(value));
    assert.equal(await thief.stored(), null);
    assert.equal(data(await stranger().getSession({ fetchOptions: { headers: { authorization: `Bearer ${value}` } } })), null);
  }
});
scenario("listing sessions, and revoking one", async () => {
  const here = await newcomer();
  const there = await visitor(here);
  const handle = (await there.stored()).session.token;
  assert.equal(data(await here.client.listSessions()).length, 2);
  assert.deepEqual(data(await here.client.revokeSession({ token: handle })), { status: true });
  assert.equal(await there.session(), null, "its cache cookie does not help");
  assert.deepEqual(data(await here.client.listSessions()).map((s) => s.token), [(await here.stored()).session.token]);
});
scenario("revoking the others, and all", async () => {
  const here = await newcomer();
  const there = await visitor(here);
  data(await here.client.revokeOtherSessions());
  assert.equal(await there.session(), null);
  assert.ok(await here.stored());
  data(await here.client.revokeSessions());
  assert.equal(await here.session(), null);
});
scenario("changing the password", async () => {
  const here = await newcomer();
  const there = await visitor(here);
  refused(await here.client.changePassword({ currentPassword: "not-the-password", newPassword: changed }), 400, "INVALID_PASSWORD");
  const thief = here.copy();
  const { token } = data(await here.client.changePassword({ currentPassword: password, newPassword: changed, revokeOtherSessions: true }));
  assert.equal((await here.stored()).session.token, token);
  assert.deepEqual([await there.session(), await thief.session()], [null, null]);
  refused(await stranger().signIn.email({ email: here.email, password }), 401, "INVALID_EMAIL_OR_PASSWORD");
  await visitor({ email: here.email, password: changed });
});
scenario("a forgotten password", async () => {
  const b = await newcomer();
  const url = await link(main, b.email, async () => data(await stranger().requestPasswordReset({ email: b.email, redirectTo: "/choose" })));
  const page = new URL(await new Browser().open(url));
  assert.equal(page.pathname, "/choose");
  const reset = { newPassword: changed, token: page.searchParams.get("token") };
  refused(await stranger().resetPassword({ ...reset, newPassword: "short" }), 400, "PASSWORD_TOO_SHORT");
  data(await stranger().resetPassword(reset));
  assert.equal(await b.session(), null, "the thief who set the old one is out");
  refused(await stranger().resetPassword(reset), 400, "INVALID_TOKEN");
  await visitor({ email: b.email, password: changed });

  const nobody = someone().email;
  data(await stranger().requestPasswordReset({ email: nobody }));
  assert.deepEqual(mailed(main, nobody), []);
});
scenario("verifying the address", async () => {
  const b = await newcomer();
  const url = await link(main, b.email, async () => data(await b.client.sendVerificationEmail({ email: b.email, callbackURL: "/hello" })));
  assert.equal(await b.open(url), "/hello");
  assert.equal((await b.session()).user.emailVerified, true, "the cache knows");
  refused(await b.client.sendVerificationEmail({ email: b.email }), 400, "EMAIL_ALREADY_VERIFIED");
});
scenario("an address that has to be verified first", async () => {
  const b = new Browser({ site: strict });
  const person = someone();
  const url = await link(strict, person.email, async () => assert.equal(data(await b.client.signUp.email({ ...person, callbackURL: "/hello" })).token, null));
  assert.equal(b.cookies.size, 0);
  await link(strict, person.email, async () => refused(await b.client.signIn.email(person), 403, "EMAIL_NOT_VERIFIED"));
  assert.equal(await b.open(url), "/hello");
  assert.equal((await b.session()).user.email, person.email);
});
scenario("changing the address", async () => {
  const b = await newcomer();
  const { email } = someone();
  const url = await link(main, email, async () => data(await b.client.changeEmail({ newEmail: email, callbackURL: "/account" })));
  assert.equal((await b.stored()).user.email, b.email);
  assert.equal(await b.open(url), "/account");
  assert.equal((await b.session()).user.email, email);
  refused(await b.client.changeEmail({ newEmail: email }), 400, undefined);
});
scenario("changing an address that is asked first", async () => {
  const b = new Browser({ site: strict });
  const person = someone();
  const { email } = someone();
  await b.open(await link(strict, person.email, () => b.client.signUp.email(person)));
  const first = await link(strict, person.email, async () => data(await b.client.changeEmail({ newEmail: email })));
  const second = await link(strict, email, () => b.open(first));
  assert.equal((await b.stored()).user.email, person.email);
  await b.open(second);
  assert.equal((await b.stored()).user.email, email);
});
scenario("deleting the account", async () => {
  const b = await newcomer();
  refused(await b.client.deleteUser({ password: "not-the-password" }), 400, "INVALID_PASSWORD");
  const there = await visitor(b);
  assert.equal(data(await b.client.deleteUser({ password })).success, true);
  assert.equal(await there.session(), null);
  refused(await stranger().signIn.email({ email: b.email, password }), 401, "INVALID_EMAIL_OR_PASSWORD");
});
scenario("deleting the account by mail", async () => {
  const b = new Browser({ site: strict });
  const person = someone();
  await b.open(await link(strict, person.email, () => b.client.signUp.email(person)));
  const url = await link(strict, person.email, async () => data(await b.client.deleteUser({ callbackURL: "/bye" })));
  assert.ok(await b.stored());
  assert.equal((await new Browser({ site: strict }).fetch(url)).status, 404, "in a stranger's browser");
  assert.equal(await b.open(url), "/bye");
  assert.equal(await b.session(), null);
});
scenario("strangers are refused alike", async () => {
  const c = stranger();
  for (const result of [await c.updateUser({ name: "x" }), await c.listSessions(), await c.revokeSessions(), await c.changePassword({ currentPassword: password, newPassword: changed }), await c.deleteUser({ password })]) {
    refused(result, 401, "UNAUTHORIZED");
  }
});
scenario("bad input names the field", async () => {
  const r = await stranger().signUp.email({ email: someone().email, password });
  refused(r, 400, "VALIDATION_ERROR");
  assert.match(r.error.message, /name/);
  refused(await stranger().signIn.email({ ...someone(), callbackURL: "https://evil.example" }), 403, "INVALID_CALLBACK_URL");
});
scenario("a session slides, and keeps its token", async () => {
  const b = await newcomer(short);
  const before = (await b.stored()).session;
  const cookie = b.cookie("session_token");
  await sleep(2100);
  const after = (await b.session()).session;
  assert.ok(after.expiresAt - before.expiresAt >= 2000, "its end moves");
  assert.deepEqual([after.token, +after.createdAt, b.cookie("session_token")], [before.token, +before.createdAt, cookie]);
});
scenario("too many tries", async () => {
  const b = new Browser({ site: limited });
  const wrong = { email: someone().email, password: "not-the-password" };
  for (let i = 0; i < 3; i++) refused(await b.client.signIn.email(wrong), 401, "INVALID_EMAIL_OR_PASSWORD");
  let header;
  const r = await b.client.signIn.email(wrong, { onError: ({ response }) => { header = response.headers; } });
  refused(r, 429, r.error.code);
  for (const name of ["retry-after", "x-retry-after"]) {
    const seconds = Number(header.get(name));
    assert.ok(seconds >= 1 && seconds <= 10, `${name}: ${header.get(name)}`);
  }
  for (let i = 0; i < 5; i++) assert.equal(await b.session(), null); // reads are never counted
});
