"use strict";

const address = new URL("/graphql", window.location.href);
const socketAddress = new URL(address);
socketAddress.protocol = address.protocol === "https:" ? "wss:" : "ws:";

const fetcher = GraphiQL.createFetcher({
  url: address.href,
  wsClient: graphqlWs.createClient({ url: socketAddress.href }),
});

const firstQuery = `# Ctrl-Enter runs the operation under the cursor; Ctrl-Space completes.

query Overview {
  viewer { name permissions }
  products(first: 10) { nodes { name description workflows { name target } } }
  subscriptions(first: 10) { totalCount nodes { id description status inSync } }
  processes(first: 10) { nodes { id workflowName status currentStep { name status } } }
}

# subscription Follow($process: ID!) {
#   processEvents(process: $process) {
#     cursor
#     ... on ProcessSnapshot { process { status steps { name status } } }
#     ... on StepStarted { step { name status } }
#     ... on StepFinished { step { name status } error }
#     ... on ProcessStatusChanged { status failureReason }
#   }
# }
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: firstQuery,
    defaultEditorToolsVisibility: true,
  }),
);
