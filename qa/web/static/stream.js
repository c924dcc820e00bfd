// Server-sent events from the reply to a POST, which EventSource can't send.

/** The events of a response as they come: {name, data}. */
export async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) yield parsed(part);
  }
}

function parsed(part) {
  const event = { name: "message", data: "" };
  for (const line of part.split("\n")) {
    const [, field, text] = /^(\w+): ?(.*)$/.exec(line) || [];
    if (field === "event") event.name = text;
    if (field === "data") event.data += text;
  }
  return { name: event.name, data: JSON.parse(event.data) };
}
