// Passkeys: adding, signing in, naming and deleting, with an authenticator in software.
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { passkeyClient } from "@better-auth/passkey/client";
import { Browser, data, password, refused, scenario, someone } from "./kit.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const exact = (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);

// CBOR of what an attestation has: small numbers, texts, bytes and maps (RFC 8949).
function cbor(v) {
  const head = (kind, n) => (n < 24 ? Buffer.of(kind | n) : n < 256 ? Buffer.of(kind | 24, n) : Buffer.of(kind | 25, n >> 8, n & 255));
  if (typeof v === "number") return v < 0 ? head(0x20, -1 - v) : head(0, v);
  if (typeof v === "string") return Buffer.concat([head(0x60, Buffer.byteLength(v)), Buffer.from(v)]);
  if (Buffer.isBuffer(v)) return Buffer.concat([head(0x40, v.length), v]);
  return Buffer.concat([head(0xa0, v.size), ...[...v].flat().map(cbor)]);
}

// A phone that keeps one passkey for each site's user, and asks for a finger unless verifies is false.
class Phone {
  keys = [];
  verifies = true;

  data(rpId, more = 0) {
    const flags = 0x19 | (this.verifies ? 4 : 0) | more; // present, and backed up
    return Buffer.concat([sha256(rpId), Buffer.of(flags, 0, 0, 0, 0)]);
  }

  create({ publicKey: o }, origin) {
    if (o.excludeCredentials?.some(({ id }) => this.keys.some((k) => k.id.equals(Buffer.from(id))))) throw Object.assign(new Error("known"), { name: "InvalidStateError" });
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const { x, y } = pair.publicKey.export({ format: "jwk" });
    const key = { id: randomBytes(20), handle: Buffer.from(o.user.id), private: pair.privateKey, rpId: o.rp.id };
    const cose = new Map([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(x, "base64url")], [-3, Buffer.from(y, "base64url")]]);
    const made = Buffer.concat([this.data(o.rp.id, 0x40), Buffer.alloc(16), Buffer.of(0, key.id.length), key.id, cbor(cose)]);
    this.keys.push(key);
    const attestationObject = cbor(new Map([["fmt", "none"], ["attStmt", new Map()], ["authData", made]]));
    return this.answer(key, "webauthn.create", o.challenge, origin, { attestationObject: exact(attestationObject), getTransports: () => ["internal"] });
  }

  get({ publicKey: o }, origin) {
    const key = this.keys.findLast((k) => k.rpId === o.rpId && (!o.allowCredentials || o.allowCredentials.some(({ id }) => k.id.equals(Buffer.from(id)))));
    if (!key) throw Object.assign(new Error("none"), { name: "NotAllowedError" });
    const seen = this.data(o.rpId);
    const answer = this.answer(key, "webauthn.get", o.challenge, origin, { authenticatorData: exact(seen), userHandle: exact(key.handle) });
    answer.response.signature = exact(sign("sha256", Buffer.concat([seen, sha256(Buffer.from(answer.response.clientDataJSON))]), key.private));
    return answer;
  }

  answer(key, type, challenge, origin, response) {
    response.clientDataJSON = exact(Buffer.from(JSON.stringify({ type, challenge: Buffer.from(challenge).toString("base64url"), origin, crossOrigin: false })));
    return { id: key.id.toString("base64url"), rawId: exact(key.id), type: "public-key", response, getClientExtensionResults: () => ({}) };
  }
}

// A browser with the plugin, on a phone.
function browser(phone = new Phone()) {
  const b = new Browser({ plugins: [passkeyClient()] });
  b.phone = phone;
  // The client asks the global navigator, so it is this browser's while do runs.
  b.with = async (run) => {
    globalThis.navigator ??= {}; // Node has it since version 21
    const had = [globalThis.PublicKeyCredential, navigator.credentials];
    globalThis.PublicKeyCredential = class {};
    const credentials = { create: async (o) => phone.create(o, b.site.origin), get: async (o) => phone.get(o, b.site.origin) };
    Object.defineProperty(navigator, "credentials", { value: credentials, configurable: true });
    try { return await run(b.client); }
    finally {
      globalThis.PublicKeyCredential = had[0];
      Object.defineProperty(navigator, "credentials", { value: had[1], configurable: true });
    }
  };
  b.add = (name) => b.with((c) => c.passkey.addPasskey({ name }));
  b.enter = () => b.with((c) => c.signIn.passkey());
  b.list = async () => data(await b.client.passkey.listUserPasskeys());
  return b;
}

async function newcomer(phone) {
  const b = browser(phone);
  const person = someone();
  b.user = data(await b.client.signUp.email(person)).user;
  return Object.assign(b, person);
}

scenario("a passkey is added, and signs in", async () => {
  const b = await newcomer();
  const made = data(await b.add("Phone"));
  assert.deepEqual([made.name, made.userId, made.deviceType, made.backedUp], ["Phone", b.user.id, "multiDevice", true]);
  assert.deepEqual((await b.list()).map((k) => k.id), [made.id]);
  const there = browser(b.phone);
  const { session, user } = data(await there.enter());
  assert.deepEqual([user.id, (await there.stored()).session.id], [b.user.id, session.id]);
});
scenario("the same phone makes no second passkey, another one does", async () => {
  const b = await newcomer();
  data(await b.add("Phone"));
  refused(await b.add("Phone"), 400, "ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED");
  data(await Object.assign(browser(), { client: b.client }).with((c) => c.passkey.addPasskey({ name: "Key" })));
  assert.deepEqual((await b.list()).map((k) => k.name), ["Phone", "Key"]);
});
scenario("passkeys are renamed and deleted by their user", async () => {
  const b = await newcomer();
  const other = await newcomer();
  const { id } = data(await b.add("Phone"));
  refused(await other.client.passkey.updatePasskey({ id, name: "Mine" }), 404, "PASSKEY_NOT_FOUND");
  refused(await other.client.passkey.deletePasskey({ id }), 404, "PASSKEY_NOT_FOUND");
  assert.equal(data(await b.client.passkey.updatePasskey({ id, name: "Old phone" })).passkey.name, "Old phone");
  assert.deepEqual(data(await b.client.passkey.deletePasskey({ id })), { status: true });
  assert.deepEqual(await b.list(), []);
  refused(await browser(b.phone).enter(), 401, "PASSKEY_NOT_FOUND");
});
scenario("a phone that asks for no finger neither adds nor signs in", async () => {
  const b = await newcomer();
  b.phone.verifies = false;
  refused(await b.add("Phone"), 400, "FAILED_TO_VERIFY_REGISTRATION");
  b.phone.keys = [];
  b.phone.verifies = true;
  data(await b.add("Phone"));
  b.phone.verifies = false;
  const thief = browser(b.phone);
  refused(await thief.enter(), 401, "AUTHENTICATION_FAILED");
  assert.equal(await thief.stored(), null);
});
scenario("a passkey is added in a live session only", async () => {
  refused(await browser().add("Phone"), 401, "UNAUTHORIZED");
  const thief = await newcomer();
  const owner = new Browser();
  data(await owner.client.signIn.email({ email: thief.email, password }));
  data(await owner.client.revokeOtherSessions());
  refused(await thief.add("Phone"), 401, "UNAUTHORIZED"); // its cache cookie does not help
});
scenario("an answer counts once", async () => {
  const b = await newcomer();
  data(await b.add("Phone"));
  const there = browser(b.phone);
  let sent;
  const fetch = there.fetch.bind(there);
  there.fetch = async (url, init) => {
    if (String(url).endsWith("verify-authentication")) sent = { url, init, cookies: new Map(there.cookies) };
    return fetch(url, init);
  };
  data(await there.enter());
  const again = browser();
  again.cookies = sent.cookies;
  const answer = await again.fetch(sent.url, sent.init);
  assert.deepEqual([answer.status, (await answer.json()).code], [400, "CHALLENGE_NOT_FOUND"]);
  assert.equal(await again.stored(), null);
});
