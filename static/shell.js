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

// A menu closes before what it leads to opens, so that the focus returns to its button.
document.addEventListener("click", (event) => {
  event.target.closest("[popover] [hx-get]")?.closest("[popover]").hidePopover();
});

// "/" goes to the search; j and k go from row to row, where Enter follows the link.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
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

// The rows of a list dim while others are loaded.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  if (ctx.target?.id === "list") ctx.target.setAttribute("aria-busy", "true");
});
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (!String(ctx.status).includes("AbortError")) ctx.target?.removeAttribute?.("aria-busy"); // else the next one is on its way
});
