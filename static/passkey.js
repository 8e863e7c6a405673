// Passkeys. The form is posted twice: for a question to the authenticator, and with its answer.
(() => {
  const form = document.getElementById("passkey"), Key = window.PublicKeyCredential;
  const able = Key?.parseRequestOptionsFromJSON && Key.prototype.toJSON;
  document.documentElement.dataset.passkeys = able ? "yes" : "no";
  if (!able) return;

  async function post(response) {
    const body = new URLSearchParams(new FormData(form));
    if (response) body.set("response", JSON.stringify(response));
    const answer = await fetch(form.action, { method: "POST", body });
    const next = answer.headers.get("HX-Redirect");
    if (next) { location.assign(next); await new Promise(() => {}); }
    if (!answer.ok) throw await answer.json();
    return answer.json();
  }

  let open; // the browser's one request: of a button, or a suggestion
  async function ask(mediation, question) {
    open?.abort();
    const own = open = Object.assign(new AbortController(), { pressed: !mediation });
    try {
      question ??= await post();
      const [act, kind] = question.user ? ["create", "Creation"] : ["get", "Request"];
      const publicKey = Key[`parse${kind}OptionsFromJSON`](question);
      const key = await navigator.credentials[act]({ publicKey, mediation, signal: own.signal });
      await post(key.toJSON()).catch((e) => {
        if (e.code === "PASSKEY_NOT_FOUND") Key.signalUnknownCredential?.({ rpId: question.rpId, credentialId: key.id });
        throw e;
      });
    } catch ({ code, name, message }) {
      if (own !== open) return;
      open = null;
      if (name) message = "No passkey was used. Try again, or go on without one.";
      if (name === "InvalidStateError") message = "This device has a passkey of yours already.";
      if (!name || own.pressed) showBefore(document.querySelector("[form=passkey]").closest("form"), message);
      if (code === "CHALLENGE_NOT_FOUND" || own.pressed) suggest();
    }
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });

  // Suggestions in the e-mail field. A question is good for minutes, and until another page asks.
  const { question, accepted } = form.dataset;
  async function suggest(first) {
    if (question && await Key.isConditionalMediationAvailable?.()) ask("conditional", first);
  }
  suggest(question && JSON.parse(question));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !open?.pressed) suggest(); });

  if (accepted) Key.signalAllAcceptedCredentials?.(JSON.parse(accepted));
})();
