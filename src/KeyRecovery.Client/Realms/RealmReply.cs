using KeyRecovery.Protocol.Realms;

namespace KeyRecovery.Client.Realms;

/// <summary>What came of asking a realm.</summary>
internal abstract record RealmReply
{
    private RealmReply() { }

    /// <summary>It answered, and the answer is the realm's own and about this request.</summary>
    public sealed record Answered(RealmStatus Status) : RealmReply;

    /// <summary>It knows the account's head, or a newer one.</summary>
    public sealed record Followed(RealmHeads Heads) : RealmReply;

    /// <summary>It is not the realm that it should be, or its answer does not hold.</summary>
    public sealed record Faulty(RealmFault Fault) : RealmReply;

    /// <summary>It evaluates nothing now: waiting, paused or locked.</summary>
    public sealed record Refused(RealmRefusal Refusal, int GuessesLeft, TimeSpan Wait) : RealmReply;

    /// <summary>It knows no such slot, or not for this token.</summary>
    public sealed record Unknown : RealmReply;

    /// <summary>Whoever signed is nobody to it: not active at the head, or the account is unknown.</summary>
    public sealed record Stranger : RealmReply;

    /// <summary>It does not know the account's home server.</summary>
    public sealed record UnknownHome : RealmReply;

    /// <summary>Another command was faster.</summary>
    public sealed record Stale : RealmReply;

    /// <summary>It knows another history of the account, and keeps the head that it was shown as evidence.</summary>
    public sealed record Forked : RealmReply;

    /// <summary>The network, the server or the token is in the way.</summary>
    public sealed record Failed(ClientFailure Failure) : RealmReply;
}
