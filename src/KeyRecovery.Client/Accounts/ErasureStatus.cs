using KeyRecovery.Client.Http;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery;

/// <summary>How an account's erasure stands.</summary>
public abstract record ErasureStatus
{
    private ErasureStatus() { }

    /// <summary>Nobody has asked for it, or it was cancelled.</summary>
    public sealed record None : ErasureStatus;

    /// <summary>
    /// It waits. Until then every device and code that was in the account at the request may cancel it.
    /// </summary>
    /// <param name="RequestedAt">When it was asked for, by the server's clock.</param>
    /// <param name="DueIn">How long it still waits.</param>
    public sealed record Held(DateTimeOffset RequestedAt, TimeSpan DueIn) : ErasureStatus
    {
        /// <summary>
        /// Whether the service keeps the account from being erased by a legal hold, of which it tells no more: then it
        /// waits beyond <see cref="DueIn"/>, until that is released. Default: false.
        /// </summary>
        public bool HasLegalHold { get; init; }
    }

    /// <summary>The key is destroyed, or is about to be; there is no receipt yet.</summary>
    public sealed record Erasing : ErasureStatus;

    /// <summary>It is done.</summary>
    /// <param name="Receipt">What <see cref="SignedErasureReceipt.Decode"/> reads; keep it.</param>
    public sealed record Erased(ReadOnlyMemory<byte> Receipt) : ErasureStatus;

    internal static ErasureStatus Of(ErasureJson json) => json.State switch
    {
        "held" => new Held(ToldTime.At(json.RequestedAt ?? 0), ToldTime.Wait(json.DueInMs ?? 0))
        {
            HasLegalHold = json.LegalHold is true,
        },
        "erased" when ErasureJson.ReadReceipt(json.Receipt) is { } receipt => new Erased(receipt),
        "none" => new None(),
        _ => new Erasing(),
    };
}
