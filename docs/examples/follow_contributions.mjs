// Follows contributions as they happen, with nothing but Node's own library.
//
// node follow_contributions.mjs http://localhost:8080 place.txt
//
// The place up to which events were taken is kept in a file, so that nothing is missed
// and nothing taken twice when this or the server is started again.

import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

const [address, place] = process.argv.slice(2);

// Do here what you are here for.
function take(name, data) {
  if (name === "contribution") console.log(name, data.contribution.id);
  else if (name === "gone") console.log(name, data.id);
  else if (name === "start-over") console.log("too much was missed: read", data.look_up);
}

// Better in one transaction with what was made of the event. The file is never half
// written, whenever this is ended.
function keep(id) {
  writeFileSync(`${place}.new`, id);
  renameSync(`${place}.new`, place);
}

function takeEvent(lines) {
  const event = {};
  for (const line of lines) {
    const [, field, value] = line.match(/^([a-z]*): ?(.*)$/) ?? [];
    if (field) event[field] = value;
  }
  if (event.data) take(event.event, JSON.parse(event.data));
  if (event.id) keep(event.id);
}

async function follow() {
  const headers = existsSync(place) ? { "last-event-id": readFileSync(place, "utf8") } : {};
  const answer = await fetch(`${address}/api/v1/stream/contributions`, { headers });
  if (!answer.ok) throw new Error(`the answer is ${answer.status}`);
  let rest = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + piece).split("\n\n");
    rest = events.pop();
    events.forEach((event) => takeEvent(event.split("\n")));
  }
}

for (;;) {
  await follow().catch((error) => console.error("lost:", error.message));
  await wait(2_000);
}
