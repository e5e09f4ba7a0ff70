namespace KeyRecovery.Cli.Kit;

/// <summary>What stands on a recovery kit.</summary>
/// <param name="Code">The code as it is shown: a secret.</param>
/// <param name="Account">The account that it opens.</param>
/// <param name="Server">The server that keeps the account.</param>
/// <param name="App">The app's id.</param>
/// <param name="Made">When the code was made.</param>
internal sealed record RecoveryKit(string Code, AccountId Account, Uri Server, string App, DateTimeOffset Made)
{
    /// <summary>Never the code.</summary>
    public override string ToString() => "[redacted]";
}
