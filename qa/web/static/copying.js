// Copying to the clipboard, for every page of ours: the button says for a moment that it is done.
const SHOWN_MS = 2_000;
const labels = new WeakMap(); // button → its own words, while it says “copied”

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // forbidden in a frame, or without https: the old way
    const field = document.createElement("textarea");
    const held = document.activeElement;
    field.value = text;
    field.className = "unseen";
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    held?.focus({ preventScroll: true });
    return isDone;
  }
}

/** Copies the text; `button.dataset.copied` is what the button then says, and what is returned to be announced. */
export async function copyFrom(button, text) {
  if (!await copy(text)) return "";
  const label = button.querySelector("span") ?? button;
  if (!labels.has(button)) labels.set(button, label.textContent);
  label.textContent = button.dataset.copied;
  setTimeout(() => { label.textContent = labels.get(button); }, SHOWN_MS);
  return button.dataset.copied;
}
