// The admin plugin of the client.
import assert from "node:assert/strict";
import { admin, data, newcomer, refused, scenario, visitor } from "./kit.mjs";

scenario("admin, listing people", async () => {
  const [boss, b] = [await visitor(admin), await newcomer()];
  const { users, total } = data(await boss.client.admin.listUsers({ query: { searchField: "email", searchValue: b.email } }));
  assert.deepEqual([users.map((u) => u.id), total], [[b.user.id], 1]);
  assert.ok(users[0].createdAt instanceof Date);
  assert.equal(data(await boss.client.admin.listUsers({ query: { limit: 1 } })).users.length, 1);
  refused(await b.client.admin.listUsers({ query: {} }), 403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS");
});
scenario("admin, a ban bites at once and can be lifted", async () => {
  const [boss, b] = [await visitor(admin), await newcomer()];
  const { user } = data(await boss.client.admin.banUser({ userId: b.user.id, banReason: "spam" }));
  assert.deepEqual([user.banned, user.banReason], [true, "spam"]);
  assert.equal(await b.session(), null);
  refused(await b.client.signIn.email(b), 403, "BANNED_USER");
  data(await boss.client.admin.unbanUser({ userId: b.user.id }));
  await visitor(b);
  refused(await boss.client.admin.banUser({ userId: boss.user.id }), 400, "YOU_CANNOT_BAN_YOURSELF");
});
scenario("admin, acting as somebody, and back", async () => {
  const [boss, b] = [await visitor(admin), await newcomer()];
  const before = (await boss.stored()).session.token;
  assert.equal(data(await boss.client.admin.impersonateUser({ userId: b.user.id })).user.id, b.user.id);
  const { session, user } = await boss.stored();
  assert.deepEqual([user.email, session.impersonatedBy], [b.email, boss.user.id]);
  refused(await boss.client.admin.listUsers({ query: {} }), 403, "YOU_ARE_NOT_ALLOWED_TO_LIST_USERS");
  assert.equal(data(await b.client.listSessions()).length, 1, "it is not among theirs");
  data(await boss.client.admin.stopImpersonating());
  assert.equal((await boss.stored()).session.token, before);
  assert.equal(boss.cookie("admin_session"), undefined);
});
scenario("admin, has-permission", async () => {
  const [boss, b] = [await visitor(admin), await newcomer()];
  const may = async (who, permissions) => data(await who.client.admin.hasPermission({ permissions })).success;
  assert.equal(await may(boss, { user: ["list", "ban"] }), true);
  assert.equal(await may(boss, { user: ["fly"] }), false);
  assert.equal(await may(b, { user: ["list"] }), false);
});
scenario("admin, roles", async () => {
  const [boss, b] = [await visitor(admin), await newcomer()];
  refused(await boss.client.admin.setRole({ userId: b.user.id, role: "emperor" }), 400, "YOU_ARE_NOT_ALLOWED_TO_SET_NON_EXISTENT_VALUE");
  data(await boss.client.admin.setRole({ userId: b.user.id, role: "admin" }));
  assert.equal((await b.session()).user.role, "admin", "the cache does not hide it");
});
