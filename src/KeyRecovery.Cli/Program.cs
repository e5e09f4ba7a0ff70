using KeyRecovery.Cli;
using KeyRecovery.Cli.Failures;

try
{
    return await Entry.RunAsync(args);
}
catch (Exception mute) when (mute is IOException or UnauthorizedAccessException)
{
    // Standard error takes nothing either: the exit code is all that is left to tell it by.
    return ExitCode.Failed;
}
