using KeyRecovery.Client.Results;

namespace KeyRecovery.Client.Accounts;

/// <summary>What came of a commit. Stale: another device was faster, and its change is here now.</summary>
internal readonly record struct Sent(ClientFailure? Failure, bool IsStale)
{
    public static Sent Stale => new(null, true);

    public static Sent Of(ClientFailure? failure) => new(failure, false);
}
