// Receives webhooks of Leaderboard, with nothing but Node's own library.
//
// WEBHOOK_SECRET=whsec_… node webhook_receiver.mjs 9000

import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const key = Buffer.from(process.env.WEBHOOK_SECRET.replace(/^whsec_/, ""), "base64");
// What has been taken: remember it where your own data is, in one transaction.
const taken = new Set();

// Whether this was sent by somebody who knows the secret, within five minutes.
function isSigned(headers, body) {
  const sentAt = headers["webhook-timestamp"] ?? "";
  if (!/^\d+$/.test(sentAt) || Math.abs(Date.now() / 1000 - Number(sentAt)) > 300) return false;
  const digest = createHmac("sha256", key)
    .update(`${headers["webhook-id"]}.${sentAt}.`)
    .update(body)
    .digest();
  return (headers["webhook-signature"] ?? "").split(" ").some((signature) => {
    const given = Buffer.from(signature.replace(/^v1,/, ""), "base64");
    return signature.startsWith("v1,") && given.length === digest.length && timingSafeEqual(given, digest);
  });
}

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!isSigned(request.headers, body)) return response.writeHead(401).end();
  const event = JSON.parse(body);
  if (!taken.has(event.id)) {
    console.log(event.type, event.id);
    taken.add(event.id);
  }
  response.writeHead(204).end();
});
server.listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.log("listening on", server.address().port);
});
