// Everything here is comfort: each page works without it.

// Trusted Types: the server's HTML may be parsed, nothing may be evaluated.
const policy = window.trustedTypes?.createPolicy("htmx", { createHTML: (html) => html });
const deny = function () { throw new Error("inline code is off"); };
htmx.registerExtension("app", { init: (api) => api.initSecurity(policy, deny, deny) });

// Show and hide what is typed into a password field; a submitted field is always hidden again.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-reveal]");
  if (button) reveal(button, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("submit", (event) => {
  event.target.querySelectorAll("[data-reveal]").forEach((button) => reveal(button, false));
}, true);
function reveal(button, shown) {
  document.getElementById(button.dataset.reveal).type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}

// Browsers that do not know invoker commands yet: open and close dialogs for them.
if (!("commandForElement" in HTMLButtonElement.prototype)) document.addEventListener("click", (event) => {
  const button = event.target.closest("[commandfor]");
  const dialog = button && document.getElementById(button.getAttribute("commandfor"));
  if (dialog) button.getAttribute("command") === "close" ? dialog.close() : dialog.showModal();
});

// A form that came into the page's dialog opens it. Closed, it is empty again; to cancel is to close.
document.addEventListener("htmx:after:swap", () => {
  const dialog = document.getElementById("dialog");
  if (dialog?.firstElementChild && !dialog.open) dialog.showModal();
});
document.addEventListener("close", (event) => { if (event.target.id === "dialog") event.target.replaceChildren(); }, true);
document.addEventListener("click", (event) => {
  const dialog = event.target.closest("[data-cancel]")?.closest("dialog");
  if (dialog) { event.preventDefault(); dialog.close(); }
});

// A private page that comes back from the browser's memory may outlive its session: ask again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.documentElement.hasAttribute("data-private")) location.reload();
});

// After a plain navigation that failed, the error summary is where to go on.
document.querySelector("[data-summary]")?.focus();
document.documentElement.setAttribute("data-js", "");
