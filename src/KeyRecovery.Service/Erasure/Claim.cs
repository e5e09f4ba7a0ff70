using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Whether an account is the one that whoever asks for its erasure means, once and for good: a job's line.
/// </summary>
internal abstract record Claim
{
    private Claim() { }

    /// <summary>It is.</summary>
    public static Claim Held { get; } = new IsHeld();

    /// <summary>It will be, by this write; refused, nobody knows.</summary>
    public sealed record Write(RowWrite Line) : Claim;

    /// <summary>It is not: somebody else was first, and found another account, or none.</summary>
    public sealed record Lost : Claim;

    private sealed record IsHeld : Claim;
}
