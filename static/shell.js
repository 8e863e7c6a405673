// The pages inside the app shell work without this script, too.

// A form that is loaded into the dialog opens it, and its heading names it. Closing the dialog empties it. Cancel closes it.
document.addEventListener("htmx:after:swap", () => {
  const dialog = document.getElementById("dialog");
  if (!dialog?.firstElementChild || dialog.open) return;
  dialog.setAttribute("aria-label", dialog.querySelector("h2").textContent);
  dialog.showModal();
});
document.addEventListener("close", (event) => { if (event.target.id === "dialog") event.target.replaceChildren(); }, true);
document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-cancel]")?.closest("dialog");
  if (dialog) { event.preventDefault(); dialog.close(); }
});

// part:twofactor
// Copy codes, or select them where a page may not copy; and print the page.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy]");
  if (target.closest("[data-print]")) print();
  if (!button) return;
  const codes = document.getElementById(button.dataset.copy);
  getSelection().selectAllChildren(codes);
  navigator.clipboard?.writeText(codes.textContent).then(() => {
    for (const e of [button, document.getElementById("live")]) e.textContent = "Copied";
  });
});
// end:twofactor

// A menu closes before what it leads to opens, so that the focus returns to its button.
document.addEventListener("click", (event) => {
  event.target.closest("[popover] [hx-get]")?.closest("[popover]").hidePopover();
});

// "/" goes to the search; j and k go from row to row, where Enter follows the link.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("[data-no-keys], dialog[open], :popover-open")) return;
  if (event.target.closest("input:not([type=checkbox]), select, textarea")) return;
  const links = [...document.querySelectorAll("#list .key a")];
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const next = { "/": document.getElementById("q"), j: links[at + 1], k: links[at - 1] }[event.key];
  if (next) { event.preventDefault(); next.focus(); }
});

// The bar of a list says how many rows are selected. The checkbox in the head selects all.
document.addEventListener("change", ({ target }) => {
  const boxes = [...target.closest("#selection")?.querySelectorAll("tbody [type=checkbox]") ?? []];
  if (!boxes.length) return;
  if (target.name === "all") boxes.forEach((box) => { box.checked = target.checked; });
  const n = boxes.filter((box) => box.checked).length;
  document.querySelector("#selection [name=all]").checked = n === boxes.length;
  for (const id of ["selected", "live"]) document.getElementById(id).textContent = n + " selected";
});
// Back restores a selection without a change.
window.addEventListener("pageshow", () => {
  document.querySelector("#selection tbody :checked")?.dispatchEvent(new Event("change", { bubbles: true }));
});

// A theme leads back to the address that htmx gave a list.
document.addEventListener("submit", ({ target }) => {
  const back = target.querySelector("body:has(#list, #audit) .themes > [name=returnTo]");
  if (back?.value) back.value = location.pathname + location.search;
});

// The rows of a list dim while others are loaded.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.target?.id === "list") ctx.target.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.request.signal.reason?.name !== "AbortError") ctx.target?.removeAttribute?.("aria-busy"); // else the next one is on its way
});

// Times are said in the zone of the visitor and in the language of the page, those within a day by their distance. Such a
// time is there as well: CSS shows it on hover and focus, and keeps the room of the words that the server sent.
const lang = document.documentElement.lang;
const format = (style) => new Intl.DateTimeFormat(lang, { dateStyle: "medium", hourCycle: "h23", ...style });
const day = format(), minute = format({ timeStyle: "short" }), second = format({ timeStyle: "long" });
const distance = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
function tell(time) {
  const at = new Date(time.dateTime), minutes = Math.trunc((at - Date.now()) / 60000), hours = Math.trunc(minutes / 60);
  const isDay = time.hasAttribute("data-day"), texts = [(isDay ? day : minute).format(at)];
  if (!isDay && Math.abs(hours) < 24) {
    texts.unshift(hours ? distance.format(hours, "hour") : distance.format(minutes, "minute"));
    time.tabIndex = time.closest("tr, li")?.querySelector("a, button, summary") ? -1 : 0; // the focus in the row is enough
  }
  time.dataset.sent ??= time.textContent;
  time.title = second.format(at);
  time.replaceChildren(...texts.flatMap((text) => [Object.assign(document.createElement("span"), { textContent: text }), " "]));
}
const tellAll = () => document.querySelectorAll("time").forEach(tell);
tellAll();
setInterval(tellAll, 60000);
document.addEventListener("htmx:after:swap", tellAll);
