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

// A request that failed leaves the page as it is. What went wrong is said before the form or list that it came from.
const problem = document.getElementById("problem");
function say({ sourceElement }, sentence) {
  (sourceElement.closest("form, section") ?? document.querySelector("main > *")).before(problem);
  const advice = sourceElement.matches("form") ? "What you typed is still here; try again." : "Try again.";
  problem.textContent = sentence + " " + advice;
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
  if (document.activeElement === document.body) problem.focus(); // the button that was pressed is busy, and lost it
}
document.addEventListener("htmx:error", ({ detail: { ctx, error } }) => {
  say(ctx, error === "timeout" ? "There was no answer in time." : "The connection was lost.");
});
// An error that is meant for its target redirects or announces something. Others are an ErrorFragment, which the server
// has put into the problem, or a proxy's page, which is not shown.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  problem.hidden = true;
  if (ctx.response.status < 400 || ctx.hx.redirect || ctx.text.includes("<hx-partial")) return;
  say(ctx, "The service did not answer as it should.");
  Object.assign(ctx, { push: false, replace: false, select: null }, !ctx.hx.retarget && { swap: "none" });
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
// The secret of a mailed link is in the form now: it does not stay in the address bar, nor in the history.
if (document.querySelector("input[type=hidden][name=token]")) history.replaceState(history.state, "", location.pathname);
