// The rules of graphql-eslint for the printed schema: all that it recommends, and all of Relay's.
// What is left out is left out here, each with its reason; an exception that nothing needs is an error.
import plugin from "@graphql-eslint/eslint-plugin";
import { buildSchema, isObjectType, isUnionType } from "graphql";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const SCHEMA = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "schema.graphql");
const types = Object.values(buildSchema(readFileSync(SCHEMA, "utf8")).getTypeMap());
const implementing = (name) => (type) => type.getInterfaces().some((given) => given.name === name);

// Types without an identity. Whatever has one implements Node, and a client's cache keeps it by its id.
const WITHOUT_ID = {
  "what is answered to a command; the thing that it changed is inside": types
    .filter(isUnionType)
    .flatMap((union) => union.getTypes())
    .filter((type) => !("id" in type.getFields()))
    .map((type) => type.name),
  "what happened: known by its cursor, never read again by itself": types
    .filter(isObjectType)
    .filter(implementing("ProcessEvent"))
    .map((type) => type.name),
  "a second view of blocks and subscriptions; with their ids it would overwrite them in a cache": types
    .filter(isObjectType)
    .filter((type) => type.name.startsWith("Active"))
    .map((type) => type.name),
  "there is one of it": ["Engine", "Server", "Viewer"],
  "part of the one thing it is asked of, and known by its name or number there": [
    "BlockPlace",
    "BlockRelation",
    "BlockUse",
    "BlockValue",
    "CustomerDescription",
    "FixedInput",
    "ProcessChange",
    "ProcessCommands",
    "ProductBlockField",
    "StepAttempt",
    "StepProgress",
    "SubscriptionChange",
    "SubscriptionMetadata",
    "ValueChange",
    "WorkflowStep",
  ],
  "worked out for the question": [
    "Action",
    "Blocker",
    "CommandCheck",
    "InputProblem",
    "PageInfo",
    "ProcessCount",
    "StartCheck",
    "SubscriptionCount",
    "SubscriptionStatusCount",
  ],
  "as it was: with the id of what it is now it would overwrite that in a cache": [
    "BlockVersion",
    "SubscriptionVersion",
  ],
  "one command on many: its items name the things": types
    .filter(isObjectType)
    .filter((type) => implementing("BulkResult")(type) || type.name.endsWith("Item"))
    .map((type) => type.name),
  "the sample's own: what the outside world offers": ["SiteOffer"],
};

// Names that repeat the name of their type, because they are words of the glossary as they are.
const WORDS = {
  customerId: "what the system outside calls the customer, in every type; `id` is the one in this graph",
  blockName: "the name of the block's model, beside the name that a person gave it",
  productType: "a word of its own: products have a type, and the type has no fields",
};

export default [
  {
    files: ["**/schema.graphql"],
    languageOptions: { parser: plugin.parser, parserOptions: { graphQLConfig: { schema: SCHEMA } } },
    plugins: {
      "@graphql-eslint": plugin,
      argued: { processors: { words: { postprocess: withoutWords } } },
    },
    processor: "argued/words",
    rules: {
      ...plugin.configs["flat/schema-recommended"].rules,
      ...plugin.configs["flat/schema-relay"].rules,
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            types: [...new Set(Object.values(WITHOUT_ID).flat())],
            suffixes: ["Connection", "Edge"],
          },
        },
      ],
      "@graphql-eslint/relay-edge-types": [
        "error",
        {
          // What has an end by its nature (the steps of a process, the places of a tree) is a plain list.
          listTypeCanWrapOnlyEdgeType: false,
          // Uses of a block and versions of a subscription are paged, and have no identity.
          shouldImplementNode: false,
        },
      ],
    },
  },
];

function withoutWords(messages) {
  const found = messages.flat();
  const concerns = (message, word) =>
    message.ruleId === "@graphql-eslint/no-typename-prefix" && message.message.includes(`"${word}"`);
  const unused = Object.keys(WORDS).filter((word) => !found.some((message) => concerns(message, word)));
  return [
    ...found.filter((message) => !Object.keys(WORDS).some((word) => concerns(message, word))),
    ...[...unused, ...withoutType()].map((name) => ({
      ruleId: "argued/unused",
      message: `Nothing needs the exception for "${name}".`,
      severity: 2,
      line: 1,
      column: 1,
    })),
  ];
}

function withoutType() {
  const withoutId = types.filter(isObjectType).filter((type) => !("id" in type.getFields()));
  const names = new Set(withoutId.map((type) => type.name));
  return Object.values(WITHOUT_ID)
    .flat()
    .filter((name) => !names.has(name));
}
