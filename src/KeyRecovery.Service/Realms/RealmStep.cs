using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Realms;

/// <summary>What is to become of a request at a realm, and of the slot's row with it.</summary>
internal abstract record RealmStep
{
    private RealmStep(RealmSlotRow? next) => Next = next;

    /// <summary>The row to write first; null where it stays as it is.</summary>
    public RealmSlotRow? Next { get; }

    /// <summary>The request is answered, once <see cref="RealmStep.Next"/> is durable.</summary>
    public sealed record Proceed(RealmSlotRow? Next) : RealmStep(Next);

    /// <summary>The request is refused, once <see cref="RealmStep.Next"/> is durable.</summary>
    public sealed record Refuse(ServiceFailure Failure, RealmSlotRow? Next = null) : RealmStep(Next);
}
