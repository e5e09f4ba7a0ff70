namespace KeyRecovery.Cli.Failures;

/// <summary>Ends a command with a failure to be told.</summary>
internal sealed class CommandException(CliFailure failure) : Exception(failure.Message)
{
    public CliFailure Failure { get; } = failure;
}
