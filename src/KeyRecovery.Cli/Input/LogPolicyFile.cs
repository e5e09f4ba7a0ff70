using KeyRecovery.Cli.Failures;

namespace KeyRecovery.Cli.Input;

/// <summary>Reads which log and which witnesses are trusted (C2SP tlog-policy).</summary>
internal static class LogPolicyFile
{
    /// <param name="path">The file.</param>
    /// <param name="option">The option that names it, with its dashes.</param>
    /// <exception cref="CommandException">It is no policy, or names no log.</exception>
    public static LogPolicy Read(string path, string option)
    {
        var (policy, fault) = ((LogPolicy?)null, (string?)null);
        try
        {
            if (LogPolicy.TryParse(BoundedFile.Read(path, LogPolicy.MaxSize), out policy, out fault)
                && policy.Logs.Length > 0) return policy;
            fault ??= "no line names a log";
        }
        catch (InvalidDataException)
        {
            fault = $"larger than {LogPolicy.MaxSize} bytes";
        }

        throw new CommandException(CliFailure.Usage(
            $"the file of {option} is no policy of a log: {fault}",
            "Lines: log NAME+ID+KEY, as GET /audit/key tells it; witness NAME KEY URL; quorum none, or a witness"));
    }
}
