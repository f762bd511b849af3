// Tells that places of the board on this page have changed since, and shows
// them when asked to: nothing moves by itself. Without it the page is the same.

const area = document.querySelector("[data-stream]");
const line = area.querySelector(".since");
const text = line.querySelector("span");
const button = line.querySelector("button");

const SHORTEST_WAIT = 5_000;
const LONGEST_WAIT = 300_000;

const changed = new Set();
let after = "";
let source;
let wait = SHORTEST_WAIT;
let again;

function say() {
  const count = changed.size;
  text.textContent =
    count === 0 ? "This board has changed"
    : count === 1 ? "1 place has changed"
    : `${count} places have changed`;
  line.hidden = false;
}

function close() {
  clearTimeout(again);
  source?.close();
  source = undefined;
}

function open() {
  if (source || document.hidden || navigator.connection?.saveData) return;
  const address = new URL(area.dataset.stream, location.href);
  if (after) address.searchParams.set("after", after);
  source = new EventSource(address);
  source.addEventListener("open", () => { wait = SHORTEST_WAIT; });
  source.addEventListener("places", (event) => {
    after = event.lastEventId;
    const told = JSON.parse(event.data);
    for (const entry of told.changed) changed.add(entry.account);
    const shown = new Set(told.order);
    for (const account of changed) if (!shown.has(account)) changed.delete(account);
    say();
  });
  source.addEventListener("board", (event) => {
    after = event.lastEventId;
    say();
  });
  source.addEventListener("gone", close);
  // A lost connection is opened again by the browser; one that was refused is not.
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return;
    close();
    again = setTimeout(open, wait * (1 + Math.random()));
    wait = Math.min(wait * 2, LONGEST_WAIT);
  });
}

function rows() {
  return [...document.querySelectorAll("tr[data-account]")];
}

// Who only moved because others did is no news.
function numbers(row) {
  return [...row.cells].slice(1).map((cell) => cell.textContent).join();
}

function boxes() {
  return [...document.querySelectorAll('input[name="name"]')];
}

function replace(next) {
  const chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  const before = new Map(rows().map((row) => [row.dataset.account, numbers(row)]));
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = next.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other) part.replaceWith(other);
  }
  for (const box of boxes()) box.checked = chosen.has(box.value);
  for (const row of rows()) {
    row.classList.toggle("fresh", before.get(row.dataset.account) !== numbers(row));
  }
}

async function show() {
  button.disabled = true;
  try {
    const answer = await fetch(location.href, { cache: "no-cache" });
    if (!answer.ok) throw new Error(answer.statusText);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    const stream = next.querySelector("[data-stream]").dataset.stream;
    close();
    replace(next);
    area.dataset.stream = stream;
    after = "";
    changed.clear();
    line.hidden = true;
    document.querySelector('[data-part="board"]').focus({ preventScroll: true });
    open();
  } catch {
    location.reload();
  } finally {
    button.disabled = false;
  }
}

button.addEventListener("click", show);
document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", open);
open();
