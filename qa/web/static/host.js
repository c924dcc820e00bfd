// The page that the widget stands on: what is said to it and heard from it. docs/widget.md has the messages.
import { host } from "./service.js";

const VERSION = 1;
export const isFramed = parent !== window;

export function tell(message) {
  if (isFramed) parent.postMessage({ kysy: VERSION, ...message }, host);
}

/** `heard` has a function for each type of message; what comes from anybody else, or in another version, is ignored. */
export function listen(heard) {
  addEventListener("message", ({ data, source, origin }) => {
    if (isFramed && source === parent && origin === host && data?.kysy === VERSION) heard[data.type]?.(data);
  });
}
