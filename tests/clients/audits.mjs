// Prints, as JSON, what the server audits of graphql-http find at the URL that is given.
import { serverAudits } from "graphql-http";

const [, , url] = process.argv;
if (!url) {
  console.error("usage: node audits.mjs URL");
  process.exit(2);
}

const found = [];
for (const audit of serverAudits({ url, fetchFn: fetch })) {
  const result = await audit.fn();
  found.push({ id: result.id, name: result.name, status: result.status, reason: result.reason ?? null });
}
console.log(JSON.stringify(found));
