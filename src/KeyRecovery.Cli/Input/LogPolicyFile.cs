using KeyRecovery.Cli.Failures;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Input;

/// <summary>Reads <c>--log-policy FILE</c>: which log and which witnesses are trusted (C2SP tlog-policy).</summary>
internal static class LogPolicyFile
{
    public static LogPolicy Read(string path)
    {
        var (policy, fault) = ((LogPolicy?)null, (string?)null);
        try
        {
            if (LogPolicy.TryParse(BoundedFile.Read(path, LogPolicy.MaxSize), out policy, out fault)) return policy;
        }
        catch (InvalidDataException)
        {
            fault = $"larger than {LogPolicy.MaxSize} bytes";
        }

        throw new CommandException(CliFailure.Usage(
            $"the file of --log-policy is no policy of a log: {fault}",
            "log NAME+ID+KEY, as GET /audit/key tells it; witness NAME KEY URL; quorum none, or a witness"));
    }
}
