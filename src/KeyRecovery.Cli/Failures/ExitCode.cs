namespace KeyRecovery.Cli.Failures;

/// <summary>What the process returns.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>Refused or failed, with a message.</summary>
    public const int Failed = 1;

    /// <summary>The command line is not one.</summary>
    public const int Usage = 2;
}
