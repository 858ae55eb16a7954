// Written against the generated types as a frontend is: no cast, no `any`, nothing cut out of a string.
// Each switch is complete; a member that the schema gains is an error here.
import type {
  ProcessDetailSubscription,
  ProcessesQueryVariables,
  StartQuery,
  StartWizardMutation,
  SubscriptionDetailQuery,
  SubscriptionsNoteMutation,
} from "./operations";

export const failedTasks: ProcessesQueryVariables = {
  where: { status: { in: ["FAILED"] }, isTask: { eq: true } },
  offset: 50,
};

export function place(subscription: NonNullable<SubscriptionDetailQuery["subscription"]>): string {
  switch (subscription.__typename) {
    case "NodeSubscription":
      return subscription.node?.rackPosition ?? subscription.node?.site ?? "nowhere yet";
    case "PortSubscription":
      return `${subscription.port?.node?.hostname ?? "?"} ${subscription.port?.interface ?? "?"}`;
    case "CircuitSubscription":
      return subscription.circuit?.ends.map((end) => end.port?.place ?? "?").join(" to ") ?? "nowhere yet";
    case "RetiredSubscription":
      return subscription.description;
  }
}

export function told(event: ProcessDetailSubscription["processEvents"]): string {
  switch (event.__typename) {
    case "ProcessSnapshot":
      return `${event.process.steps.length} steps`;
    case "StepStarted":
      return `${event.step.name}, attempt ${event.step.attemptCount}`;
    case "StepProgressed":
      return `${event.step.progress?.percent ?? 0} %`;
    case "ProcessNoted":
      return event.note ?? "";
    case "StepFinished":
      return event.error ?? event.step.status;
    case "ProcessStatusChanged":
      return event.failureReason ?? event.status;
  }
}

export function answered(result: StartWizardMutation["startWorkflow"]): string {
  switch (result.__typename) {
    case "FormPage":
      return result.hasNext ? "next" : "send";
    case "ProcessStarted":
      return result.process.id;
    case "InvalidInput":
      return result.errors.map((problem) => `${problem.path.join(".")}: ${problem.message}`).join("\n");
    case "ActionBlocked":
      return result.blockedBy.map((blocker) => blocker.message).join("\n");
    case "PredicateFailed":
      return result.reason;
    case "NotAllowed":
    case "NotFound":
    case "Conflict":
    case "EnginePaused":
      return result.message;
  }
}

type Place = NonNullable<NonNullable<SubscriptionDetailQuery["subscription"]>["blockTree"]>[number];

export function line({ depth, field, block }: Place): string {
  const values = "values" in block ? block.values.map(({ name, kind }) => `${name}: ${kind}`) : ["hidden"];
  return `${"  ".repeat(depth)}${field} ${values.join(", ")}`;
}

export function subscriptions(counts: StartQuery["products"]["nodes"]): number {
  return counts.flatMap((product) => product.subscriptionCounts).reduce((sum, { count }) => sum + count, 0);
}

export function stale(result: SubscriptionsNoteMutation["setSubscriptionNote"]): string | null {
  return result.__typename === "StaleVersion" ? (result.currentSubscription?.note ?? "") : null;
}
