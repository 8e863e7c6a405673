// Development only: load the page again when the server or a template has changed.
let version;
const source = new EventSource("/dev/reload");
source.onmessage = (event) => {
  if (version && version !== event.data) location.reload();
  version ??= event.data;
};
// Browsers allow few connections per server: close this one before the page is left.
window.addEventListener("pagehide", () => source.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
