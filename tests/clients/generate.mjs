// Writes the types of the schema, and those of the operations, as GraphQL Code Generator makes them.
// Its own command needs a newer Node.js than the project asks for, because it can read schemas from remote
// addresses; this is what the command calls in the end.
import { codegen } from "@graphql-codegen/core";
import * as operations from "@graphql-codegen/typescript-operations";
import * as schema from "@graphql-codegen/typescript";
import { parse } from "graphql";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [, , schemaFile, folder, ...operationFiles] = process.argv;
if (operationFiles.length === 0) {
  console.error("usage: node generate.mjs SCHEMA FOLDER OPERATIONS...");
  process.exit(2);
}

const read = (file) => parse(readFileSync(file, "utf8"));
const documents = operationFiles.map((file) => ({ location: file, document: read(file) }));
const settings = {
  dedupeOperationSuffix: true,
  strictScalars: true,
  scalars: {
    BigInt: { input: "string | number", output: "string" },
    DateTime: "string",
    IPv4Address: "string",
    IPv4Network: "string",
    JSON: "unknown",
  },
};

for (const [name, plugin] of Object.entries({ schema, operations })) {
  const filename = join(folder, `${name}.ts`);
  const made = await codegen({
    schema: read(schemaFile),
    documents,
    filename,
    plugins: [{ [name]: settings }],
    pluginMap: { [name]: plugin },
    config: {},
  });
  writeFileSync(filename, made);
}
