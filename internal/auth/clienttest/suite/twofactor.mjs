// The second factor: turning it on and off, signing in with it, recovery codes, trusted devices.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { twoFactorClient } from "better-auth/client/plugins";
import { Browser, data, password, refused, scenario, someone } from "./kit.mjs";

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// What an authenticator app shows for a URI, a number of 30 s steps from now (RFC 6238). The next step's code is taken
// now and in the two steps after, so no test fails because a step ends.
function code(uri, steps = 1) {
  const bits = [...new URL(uri).searchParams.get("secret")].map((c) => digits.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + steps));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}
const wrong = (uri) => ["000000", "000001", "000002", "000003"].find((c) => ![-1, 0, 1, 2].some((n) => code(uri, n) === c));

// A browser with the plugin. owed says what the client was told of the second step.
function browser(site) {
  const b = new Browser({ site, plugins: [twoFactorClient({ onTwoFactorRedirect: ({ twoFactorMethods }) => { b.owed = twoFactorMethods; } })] });
  return b;
}

// Somebody whose sign-in takes two steps. The code of this step was spent; each code works once.
async function enrolled(site) {
  const b = browser(site);
  const person = someone();
  b.user = data(await b.client.signUp.email(person)).user;
  Object.assign(b, person);
  const { totpURI, backupCodes } = data(await b.client.twoFactor.enable({ password }));
  Object.assign(b, { uri: totpURI, codes: backupCodes });
  data(await b.client.twoFactor.verifyTotp({ code: code(b.uri, 0) }));
  return b;
}

async function firstStep(person, b = browser(), more = {}) {
  const answer = data(await b.client.signIn.email({ email: person.email, password, ...more }));
  assert.deepEqual(answer, { twoFactorRedirect: true, twoFactorMethods: ["totp"] });
  assert.deepEqual(b.owed, ["totp"]);
  assert.equal(b.cookie("session_token"), undefined);
  assert.equal(await b.stored(), null);
  return b;
}

scenario("a second factor is on when a code of it was typed", async () => {
  const b = browser();
  const person = someone();
  data(await b.client.signUp.email(person));
  refused(await b.client.twoFactor.enable({ password: "not-the-password" }), 400, "INVALID_PASSWORD");
  const first = data(await b.client.twoFactor.enable({ password }));
  assert.match(first.totpURI, /^otpauth:\/\/totp\/[^?]+\?secret=[A-Z2-7]{32}&issuer=/);
  assert.equal(new Set(first.backupCodes).size, 10);
  assert.equal(data(await b.client.twoFactor.getTotpUri({ password })).totpURI, first.totpURI);
  assert.equal((await b.stored()).user.twoFactorEnabled, false);
  data(await browser().client.signIn.email({ email: person.email, password })); // nothing asks for it yet
  const { totpURI } = data(await b.client.twoFactor.enable({ password }));
  refused(await b.client.twoFactor.verifyTotp({ code: code(first.totpURI) }), 401, "INVALID_CODE");
  const { token, user } = data(await b.client.twoFactor.verifyTotp({ code: code(totpURI) }));
  assert.deepEqual([user.twoFactorEnabled, (await b.session()).session.token], [true, token]);
  assert.equal((await b.session()).user.twoFactorEnabled, true, "the cache knows");
  refused(await b.client.twoFactor.getTotpUri({ password }), 400, "TOTP_ALREADY_ENABLED");
  refused(await b.client.twoFactor.enable({ password }), 400, "TOTP_ALREADY_ENABLED");
});
scenario("the sessions of before the second factor end", async () => {
  const b = browser();
  const person = someone();
  data(await b.client.signUp.email(person));
  const there = browser();
  data(await there.client.signIn.email(person));
  const { totpURI } = data(await b.client.twoFactor.enable({ password }));
  data(await b.client.twoFactor.verifyTotp({ code: code(totpURI) }));
  assert.ok(await b.stored());
  assert.equal(await there.session(), null);
});
scenario("signing in takes two steps", async () => {
  const person = await enrolled();
  refused(await browser().client.signIn.email({ email: person.email, password: "not-the-password" }), 401, "INVALID_EMAIL_OR_PASSWORD");
  const b = await firstStep(person);
  refused(await b.client.twoFactor.verifyTotp({ code: wrong(person.uri) }), 401, "INVALID_CODE");
  assert.equal(await b.stored(), null);
  const { token } = data(await b.client.twoFactor.verifyTotp({ code: code(person.uri) }));
  const { session, user } = await b.stored();
  assert.deepEqual([session.token, user.id, b.cookie("two_factor")], [token, person.user.id, undefined]);
});
scenario("a code works once", async () => {
  const person = await enrolled();
  const here = await firstStep(person);
  const there = await firstStep(person);
  const typed = code(person.uri);
  const answers = await Promise.all([here, there].map((b) => b.client.twoFactor.verifyTotp({ code: typed })));
  assert.deepEqual(answers.map((a) => a.error?.code ?? "in").sort(), ["INVALID_CODE", "in"]);
});
scenario("between the steps a guess costs one of five", async () => {
  const person = await enrolled();
  const b = await firstStep(person);
  for (let i = 0; i < 5; i++) refused(await b.client.twoFactor.verifyTotp({ code: wrong(person.uri) }), 401, "INVALID_CODE");
  refused(await b.client.twoFactor.verifyTotp({ code: code(person.uri) }), 400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE");
  refused(await b.client.twoFactor.verifyTotp({ code: code(person.uri) }), 401, "INVALID_TWO_FACTOR_COOKIE");
});
scenario("without a first step there is no second", async () => {
  const person = await enrolled();
  const stranger = browser();
  refused(await stranger.client.twoFactor.verifyTotp({ code: code(person.uri) }), 401, "INVALID_TWO_FACTOR_COOKIE");
  const b = await firstStep(person);
  const copy = b.copy();
  data(await b.client.signOut());
  assert.equal(b.cookie("two_factor"), undefined);
  refused(await Object.assign(browser(), { cookies: copy.cookies }).client.twoFactor.verifyTotp({ code: code(person.uri) }), 401, "INVALID_TWO_FACTOR_COOKIE");
});
scenario("a recovery code stands in for the app, once", async () => {
  const person = await enrolled();
  const [first, second] = person.codes;
  const b = await firstStep(person);
  refused(await b.client.twoFactor.verifyBackupCode({ code: "AAAAAA-AAAAAA-AAAAAA-AAAAAA" }), 401, "INVALID_BACKUP_CODE");
  data(await b.client.twoFactor.verifyBackupCode({ code: first.toLowerCase().replaceAll("-", " ") }));
  assert.equal((await b.stored()).user.id, person.user.id);
  const again = await firstStep(person);
  refused(await again.client.twoFactor.verifyBackupCode({ code: first }), 401, "INVALID_BACKUP_CODE");
  const { backupCodes } = data(await b.client.twoFactor.generateBackupCodes({ password }));
  refused(await again.client.twoFactor.verifyBackupCode({ code: backupCodes[0] }), 401, "INVALID_TWO_FACTOR_COOKIE");
  const later = await firstStep(person);
  refused(await later.client.twoFactor.verifyBackupCode({ code: second }), 401, "INVALID_BACKUP_CODE");
  data(await later.client.twoFactor.verifyBackupCode({ code: backupCodes[0] }));
});
scenario("a trusted device takes one step, until the password changes", async () => {
  const person = await enrolled();
  const b = await firstStep(person);
  data(await b.client.twoFactor.verifyTotp({ code: code(person.uri), trustDevice: true }));
  data(await b.client.signOut());
  const before = b.cookie("trust_device");
  assert.ok(before);
  const { user } = data(await b.client.signIn.email({ email: person.email, password }));
  assert.equal(user.id, person.user.id);
  assert.notEqual(b.cookie("trust_device"), before, "a copy of the cookie works no longer");
  data(await b.client.changePassword({ currentPassword: password, newPassword: "another-horse-2" }));
  data(await b.client.signOut());
  assert.equal(data(await b.client.signIn.email({ email: person.email, password: "another-horse-2" })).twoFactorRedirect, true);
});
scenario("a half-done sign-in ends with a new password", async () => {
  const person = await enrolled();
  const b = await firstStep(person);
  data(await person.client.changePassword({ currentPassword: password, newPassword: "another-horse-2" }));
  refused(await b.client.twoFactor.verifyTotp({ code: code(person.uri) }), 401, "INVALID_TWO_FACTOR_COOKIE");
});
scenario("not remembered at the first step, not remembered after the second", async () => {
  const person = await enrolled();
  const b = await firstStep(person, browser(), { rememberMe: false });
  assert.ok(b.cookie("dont_remember"));
  data(await b.client.twoFactor.verifyTotp({ code: code(person.uri) }));
  assert.ok(b.cookie("dont_remember"));
  assert.doesNotMatch(b.answer.headers.getSetCookie().find((line) => line.includes("session_token=")), /max-age/i);
});
scenario("a second factor is turned off", async () => {
  const person = await enrolled();
  const there = await firstStep(person);
  data(await there.client.twoFactor.verifyTotp({ code: code(person.uri) }));
  refused(await person.client.twoFactor.disable({ password: "not-the-password" }), 400, "INVALID_PASSWORD");
  assert.deepEqual(data(await person.client.twoFactor.disable({ password })), { status: true });
  assert.equal((await person.session()).user.twoFactorEnabled, false);
  assert.equal(await there.session(), null);
  assert.equal(data(await browser().client.signIn.email({ email: person.email, password })).user.id, person.user.id);
});
scenario("mailed codes are no second factor", async () => {
  const b = await firstStep(await enrolled());
  refused(await b.client.twoFactor.sendOtp(), 400, "OTP_NOT_CONFIGURED");
  refused(await b.client.twoFactor.verifyOtp({ code: "123456" }), 400, "OTP_NOT_CONFIGURED");
});
scenario("nobody sets the mark of a second factor", async () => {
  const b = await enrolled();
  const r = await b.client.updateUser({ twoFactorEnabled: false });
  assert.notEqual(r.error, null);
  assert.equal((await b.stored()).user.twoFactorEnabled, true);
});
scenario("a recovery code can be checked without a session", async () => {
  const person = await enrolled();
  const b = await firstStep(person);
  const answer = data(await b.client.twoFactor.verifyBackupCode({ code: person.codes[0], disableSession: true }));
  assert.deepEqual([Object.keys(answer), answer.user.id], [["user"], person.user.id]);
  assert.equal(await b.stored(), null);
});
