// Development only: load the page again when the server or a template is another than the one it came from.
let version;
const source = new EventSource("/dev/reload");
source.onmessage = (event) => {
  if (version && version !== event.data) location.reload();
  version ??= event.data;
};
// The browser keeps few connections to one server: give this one back before leaving.
window.addEventListener("pagehide", () => source.close());
window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
