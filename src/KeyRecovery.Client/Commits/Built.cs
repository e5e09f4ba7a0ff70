using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Commits;

/// <summary>What came of building a commit on the vault as it is.</summary>
internal abstract record Built
{
    private Built() { }

    /// <summary>A commit to send.</summary>
    public sealed record Commit(CommitBundle Bundle) : Built;

    /// <summary>Nothing to send: this is what came of it.</summary>
    public sealed record Over(Sent Sent) : Built;

    public static Built Done { get; } = new Over(new Sent.Done());

    /// <summary>Of what was written, or why it was not.</summary>
    public static Built Of(Result<CommitBundle> written) => written.Match<Built>(bundle => bundle, failure => failure);

    public static implicit operator Built(CommitBundle bundle) => new Commit(bundle);

    public static implicit operator Built(ClientFailure failure) => new Over(new Sent.Refused(failure));
}
