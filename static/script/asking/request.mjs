// Enhances pages that grow or send while they stay open: asks the server for pages, and sends it forms.

/** The answer with its page, whose status is 0 when there was none. This old way of asking parses pages without a script that
    builds markup, and tells how far it is. */
export function request(method, address, { body = null, progress = null } = {}) {
  return new Promise((resolve) => {
    const asked = new XMLHttpRequest();
    asked.responseType = "document";
    if (progress) asked.upload.onprogress = (event) => progress(event.loaded / (event.total || 1));
    asked.onloadend = () => resolve({
      status: asked.status,
      url: asked.responseURL,
      page: asked.response,
      place: asked.status ? asked.getResponseHeader("location") : null,
    });
    asked.open(method, address);
    // An answer without a page is an empty one. As XML, it would be one that says what is wrong with it.
    asked.overrideMimeType("text/html");
    asked.send(body);
  });
}
