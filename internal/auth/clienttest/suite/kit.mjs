// A browser's share of the work, for the official client in Node: cookies, the Origin header, a mailbox.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createAuthClient } from "better-auth/client";
import { adminClient } from "better-auth/client/plugins";

const env = process.env;
export const main = { url: env.BASE_URL, mails: env.MAIL_DIR };
export const short = { url: env.SHORT_URL };
export const strict = { url: env.VERIFY_URL, mails: env.VERIFY_MAIL_DIR };
export const limited = { url: env.RATE_URL };
// The app as it is set up: its own cookie names, and with those of https behind a proxy that is not there.
export const http = { url: env.APP_URL, mails: env.APP_MAIL_DIR, prefix: env.APP_PREFIX };
export const https = { url: env.HTTPS_URL, origin: env.HTTPS_URL.replace("http:", "https:"), prefix: `__Host-${env.APP_PREFIX}` };
export const password = "correct-horse-1";
export const admin = { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD };

export const scenarios = [];
export const scenario = (name, run) => scenarios.push({ name, run });

let people = 0;
export const someone = () => ({ name: "Ada", email: `ada-${++people}-${process.pid}@example.com`, password });

export class Browser {
  cookies = new Map();
  sent = []; // "GET /get-session" and so on, in order
  answer; // the last response

  constructor({ site = main, create = createAuthClient, plugins = [] } = {}) {
    this.site = { origin: site.url, prefix: env.COOKIE_PREFIX, ...site };
    this.client = create({ baseURL: site.url, plugins: [adminClient(), ...plugins], fetchOptions: { customFetchImpl: (url, init) => this.fetch(url, init) } });
  }

  async fetch(url, { method = "GET", body, signal, headers } = {}) {
    headers = new Headers(headers);
    headers.set("origin", this.site.origin);
    if (this.cookies.size) headers.set("cookie", [...this.cookies].map((c) => c.join("=")).join("; "));
    this.sent.push(`${method} ${new URL(url).pathname.replace("/api/auth", "")}`);
    const answer = (this.answer = await fetch(url, { method, body, signal, headers, redirect: "manual" }));
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (/;\s*max-age=0/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return answer;
  }

  // What the browser holds, by the end of the name.
  cookie = (name) => this.cookies.get(`${this.site.prefix}.${name}`);
  setCookie = (name, value) => this.cookies.set(`${this.site.prefix}.${name}`, value);

  // Another browser that holds the same cookies now.
  copy() {
    const copy = new Browser({ site: this.site });
    copy.cookies = new Map(this.cookies);
    return copy;
  }

  async signUp() {
    const person = someone();
    this.user = data(await this.client.signUp.email(person)).user;
    return Object.assign(this, person);
  }

  async signIn({ email, password }) {
    this.user = data(await this.client.signIn.email({ email, password })).user;
    return this;
  }

  session = async (query) => data(await this.client.getSession({ query }));
  stored = () => this.session({ disableCookieCache: true });

  // Opens a mailed link; returns where it leads.
  async open(link) {
    const answer = await this.fetch(link);
    assert.equal(answer.status, 302, link);
    return answer.headers.get("location");
  }
}

export const newcomer = (site) => new Browser({ site }).signUp();
export const visitor = (person, site) => new Browser({ site }).signIn(person);

export function data(result) {
  assert.equal(result.error, null, JSON.stringify(result.error));
  return result.data;
}

// The client never throws: a refusal is {data: null, error}.
export function refused(result, status, code) {
  assert.equal(result.data, null);
  assert.deepEqual([result.error?.status, result.error?.code], [status, code]);
  assert.equal(typeof result.error.message, "string");
}

export const mailed = ({ mails }, to) =>
  readdirSync(mails).filter((f) => f.endsWith(".json")).sort().map((f) => JSON.parse(readFileSync(join(mails, f), "utf8"))).filter((m) => m.to === to).map((m) => m.url);

// The one link that doing something mails to an address.
export async function link(site, to, doing) {
  const before = mailed(site, to).length;
  await doing();
  const links = await until(() => mailed(site, to).slice(before), (l) => l.length > 0, `a mail to ${to}`);
  assert.equal(links.length, 1);
  return links[0];
}

export async function until(look, good, what) {
  for (let i = 0; i < 200; i++) {
    const seen = await look();
    if (good(seen)) return seen;
    await sleep(25);
  }
  assert.fail(`waited in vain for ${what}`);
}
