// Passkeys. The form is posted for a question to the authenticator, and with its answer.
(() => {
  const form = document.getElementById("passkey"), Key = window.PublicKeyCredential;
  const able = Key?.parseRequestOptionsFromJSON && Key.prototype.toJSON;
  document.documentElement.dataset.passkeys = able ? "yes" : "no";
  if (!able) return;

  const fail = (message) => () => { throw { message }; };
  async function post(response) {
    const body = new URLSearchParams(new FormData(form));
    if (response) body.set("response", JSON.stringify(response));
    const answer = await fetch(form.action, { method: "POST", body }).catch(fail("The connection was lost."));
    const next = answer.headers.get("HX-Redirect");
    if (next) return new Promise(() => location.assign(next));
    const json = await answer.json().catch(fail("That did not work. Load the page again."));
    if (!answer.ok) throw json;
    return json;
  }

  let open; // the only request
  async function ask(mediation, question) {
    open?.abort();
    const own = open = new AbortController();
    own.pressed = !mediation;
    try {
      question ??= await post();
      const [act, kind] = question.user ? ["create", "Creation"] : ["get", "Request"];
      const publicKey = Key[`parse${kind}OptionsFromJSON`](question);
      const key = await navigator.credentials[act]({ publicKey, mediation, signal: own.signal });
      own.pressed = true;
      await post(key).catch((e) => {
        if (e.code === "PASSKEY_NOT_FOUND") Key.signalUnknownCredential?.({ rpId: question.rpId, credentialId: key.id });
        throw e;
      });
    } catch ({ name, message }) {
      if (own !== open || !own.pressed) return;
      open = null;
      if (name) message = "No passkey was used. Try again, or go on without one.";
      if (name === "InvalidStateError") message = "This device has a passkey of yours already.";
      showBefore(document.querySelector("[form=passkey]").closest("form"), message);
      suggest();
    }
  }
  form.addEventListener("submit", (e) => { e.preventDefault(); ask(); });

  // Suggestions in the e-mail field. A question expires.
  const { question, accepted } = form.dataset;
  async function suggest(first) {
    if (question && await Key.isConditionalMediationAvailable?.()) ask("conditional", first);
  }
  suggest(question && JSON.parse(question));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !open?.pressed) suggest(); });

  if (accepted) Key.signalAllAcceptedCredentials?.(JSON.parse(accepted));
})();
