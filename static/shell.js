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
