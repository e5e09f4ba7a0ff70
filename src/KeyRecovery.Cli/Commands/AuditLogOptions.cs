using System.CommandLine;
using KeyRecovery.Cli.Auditing;
using KeyRecovery.Cli.Failures;
using KeyRecovery.Cli.Input;
using KeyRecovery.Protocol.Audit.Log;

namespace KeyRecovery.Cli.Commands;

/// <summary>Which log, and whose keys count: the options of all commands that walk through one.</summary>
internal sealed class AuditLogOptions
{
    // A folder keeps processors busy, an address the way to it.
    private const int AtOnceFromFolder = 4;
    private const int AtOnceFromAddress = 8;

    public Option<string?> Address { get; } = new("--log")
    {
        HelpName = "URL", Description = "Where the log is: the server's address and /audit",
    };

    public Option<string?> Folder { get; } = new("--dir")
    {
        HelpName = "DIR", Description = "Its folder, or a copy of it, in place of an address",
    };

    public Option<string?> Policy { get; } = new("--policy")
    {
        HelpName = "FILE",
        Description = "Which log and which witnesses are trusted, and how many of these (C2SP tlog-policy)",
    };

    public Option<string[]> Key { get; } = new("--key")
    {
        HelpName = "KEY", AllowMultipleArgumentsPerToken = true,
        Description = "Keys from the server's GET /audit/key, kept since: its key for receipts, its log in place "
            + "of --policy",
    };

    public bool IsGiven(ParseResult parsed) =>
        parsed.GetValue(Address) is not null || parsed.GetValue(Folder) is not null;

    /// <summary>The keys that were given.</summary>
    public KeyArguments KeysOf(ParseResult parsed) => KeyArguments.Read(parsed.GetValue(Key) ?? []);

    /// <summary>Opens the log.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="run">Is given the log, whose keys count, its name for a person, and how many files are read at
    /// once.</param>
    /// <exception cref="CommandException">It is not named, or cannot be had.</exception>
    public async Task OpenAsync(ParseResult parsed, Func<ILogSource, LogPolicy, string, int, Task> run)
    {
        var (url, path) = (parsed.GetValue(Address), parsed.GetValue(Folder));
        var policy = PolicyOf(parsed);
        if (url is not null && path is not null)
            throw Misused("--log and --dir name one log each: give one of them");
        if (path is not null) await run(new LogDirectory(path), policy, path, AtOnceFromFolder);
        else if (url is not null) await OverHttpAsync(url, policy, run);
        else throw Misused("a log is needed: --log URL, or --dir DIR");
    }

    /// <summary>Whose keys count.</summary>
    /// <exception cref="CommandException">Nobody has said.</exception>
    public LogPolicy PolicyOf(ParseResult parsed) => (parsed.GetValue(Policy), KeysOf(parsed).Logs) switch
    {
        ({ } path, []) => LogPolicyFile.Read(path, "--policy"),
        (null, [var log]) => LogPolicy.Of(log),
        (null, []) => throw Misused(
            "whose log it is must be known: --policy FILE, or --key with the log's key",
            "It is the log of the server's GET /audit/key; best ask for it by another way than the log itself."),
        (null, _) => throw Misused("several logs' keys need a policy: --policy FILE"),
        _ => throw Misused("--policy names the log's key: leave it out of --key"),
    };

    public static CommandException Misused(string message, params string[] advice) =>
        new(CliFailure.Usage(message, advice));

    private static async Task OverHttpAsync(
        string url, LogPolicy policy, Func<ILogSource, LogPolicy, string, int, Task> run)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var prefix) || PublicLog.FindFault(prefix) is not null)
            throw Misused($"--log: {PublicLog.FindFault(prefix)}", "For example https://keys.example.org/audit");
        using var log = new PublicLog(prefix);
        try
        {
            await run(log, policy, url, AtOnceFromAddress);
        }
        catch (LogUnavailableException gone)
        {
            throw new CommandException(LogFaultText.Of(gone, prefix));
        }
    }
}
