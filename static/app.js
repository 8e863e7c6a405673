// Every page works without this script.

// Trusted Types: HTML of the server is parsed, and no script is evaluated.
const policy = window.trustedTypes?.createPolicy("htmx", { createHTML: (html) => html });
const deny = function () { throw new Error("inline code is off"); };
htmx.registerExtension("app", { init: (api) => api.initSecurity(policy, deny, deny) });

// Show and hide passwords. Submitting a form hides them again.
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

// The button of a toast removes it. The focus then moves to the content of the page.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-close]");
  if (!button) return;
  button.parentElement.remove();
  document.getElementById("main").focus({ preventScroll: true });
});

// Say that caps lock is on, while a password has the focus.
for (const type of ["keydown", "keyup", "click", "focusout"]) {
  document.addEventListener(type, (event) => {
    const hint = event.target.closest(".password")?.querySelector(".caps");
    if (!hint) return;
    const off = type === "focusout" || !event.getModifierState?.("CapsLock");
    if (hint.hidden && !off) document.getElementById("live").textContent = hint.textContent;
    hint.hidden = off;
  });
}

// Wrong fields are named by the server, in the words and the language of the page, and not by the browser.
function leaveToServer() { document.querySelectorAll("form").forEach((form) => { form.noValidate = true; }); }
leaveToServer();
document.addEventListener("htmx:after:swap", leaveToServer);

// A failed request does not change the page. The problem is shown before the form or list that sent the request.
// The hint of a password comes by itself, so its request fails in silence.
const hinted = ".password > input";
const problem = document.getElementById("problem");
function showProblem({ sourceElement }, sentence) {
  if (sourceElement.matches(hinted)) return;
  // What a list holds is replaced.
  const part = sourceElement.closest("#list, .trail") ?? sourceElement.closest("form, section");
  const advice = sourceElement.matches("form") ? "What you typed is still here; try again." : "Try again.";
  showBefore(part ?? document.querySelector("main > *"), sentence + " " + advice);
}
function showBefore(place, text) {
  place.before(problem);
  problem.textContent = text;
  problem.hidden = false;
  problem.scrollIntoView({ block: "nearest" });
  if (document.activeElement === document.body) problem.focus(); // the pressed button is disabled and lost the focus
}
document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  showProblem(ctx, ctx.request.signal.reason ? "There was no answer in time." : "The connection was lost.");
});
// An error with a redirect or a partial is handled by htmx. Other errors are an ErrorFragment, which the server retargets
// to #problem, or the page of a proxy, which is not shown.
document.addEventListener("htmx:after:request", ({ detail: { ctx } }) => {
  if (!ctx.sourceElement.matches(hinted)) problem.hidden = true;
  if (ctx.response.status < 400 || ctx.hx.redirect || ctx.text.includes("<hx-partial")) return;
  showProblem(ctx, "The service did not answer as it should.");
  Object.assign(ctx, { push: false, replace: false, select: null }, !ctx.hx.retarget && { swap: "none" });
});

// The browser may restore a page after a log-in or log-out: load it again. A public page is kept without its visitor.
window.addEventListener("pageshow", ({ persisted }) => {
  if (persisted && document.querySelector("html[data-private], #account")) location.reload();
});
window.addEventListener("pagehide", () => {
  document.querySelectorAll("html:not([data-private]) :is(#account, #banners, #guard-state)")
    .forEach((part) => part.replaceChildren());
});

// Focus the error summary of a page that was loaded without htmx, or its first field even if there is a message, which
// describes the field, or else the message.
(document.querySelector("[data-summary], main input[autofocus]") ?? document.querySelector("#toasts[autofocus]"))?.focus();
document.documentElement.setAttribute("data-js", "");
// Remove the secret of a mailed link from the address bar and the history. The form has it.
if (document.querySelector("input[type=hidden][name=token]")) history.replaceState(history.state, "", "?opened");
