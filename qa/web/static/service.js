// What the widget has from the service, and how it asks it.

export const { host } = document.body.dataset;
export let words, ticket;

/** Words and ticket from this page, or from the same page as the service has just drawn it. */
export function take(page) {
  words = JSON.parse(page.querySelector("#words").textContent);
  ticket = page.body.dataset.ticket;
}

/** A POST with the ticket; a ticket that is too old is renewed once, unseen. */
export async function send(path, body, { signal, keepalive, accept = "application/json" } = {}) {
  const post = () => fetch(path, {
    method: "POST", signal, keepalive, credentials: "omit", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: accept, "Accept-Language": words.language, "X-Kysy-Ticket": ticket },
  });
  let response = await post();
  if (response.status === 401) {
    take(await ownPage(words.language));
    response = await post();
  }
  if (response.ok) return response;
  const told = await response.json().catch(() => null);
  throw Object.assign(new Error(String(response.status)), { told: told?.error?.message });
}

/** This page as the service draws it now. */
export async function ownPage(language) {
  const address = new URL(location.href);
  address.searchParams.set("lang", language);
  const response = await fetch(address, { credentials: "omit", cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

take(document);
